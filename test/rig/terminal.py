"""Runs a program in a terminal of its own: terminal.py COLUMNS ROWS PROGRAM [ARGUMENT...].

What the program writes comes out of stdout as it is. Commands come in at stdin, one a line:
  key HEX           bytes that a person types
  size COLUMNS ROWS another size of the window
Ends with the program's exit code, or 128 and the number of the signal that ended it.
"""
import fcntl, os, pty, select, signal, struct, sys, termios


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


columns, rows, *command = sys.argv[1:]
ready_in, ready_out = os.pipe()
pid, terminal = pty.fork()
if pid == 0:
    os.read(ready_in, 1)  # until the window has its size
    os.execvp(command[0], command)
resize(terminal, int(columns), int(rows))
os.write(ready_out, b"x")
pending = b""
sources = [terminal, 0]
while True:
    for source in select.select(sources, [], [])[0]:
        if source == terminal:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # how Linux says that nobody is at the other end any more
                data = b""
            if not data:
                _, status = os.waitpid(pid, 0)
                sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
            os.write(1, data)
        else:
            data = os.read(0, 65536)
            if not data:  # whoever started this is gone
                os.killpg(pid, signal.SIGKILL)
                sys.exit(1)
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                word, *rest = line.decode().split(" ")
                if word == "key":
                    os.write(terminal, bytes.fromhex(rest[0]))
                else:
                    resize(terminal, int(rest[0]), int(rest[1]))
