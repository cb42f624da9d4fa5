import { defineCommand } from "./command.ts";
import { type Shell, scripts } from "./completion/scripts.ts";

/** `sluice completion`. */
export const completion = defineCommand({
  name: "completion",
  summary: "print a script that completes commands, options and names in your shell",
  arguments: [{ name: "bash|zsh|fish", required: true, choices: Object.keys(scripts), help: "the shell" }],
  options: {},
  details: [
    "bash  put into ~/.bashrc:  source <(sluice completion bash)",
    "zsh   put into ~/.zshrc, below compinit:  source <(sluice completion zsh)",
    "fish  sluice completion fish > ~/.config/fish/completions/sluice.fish",
  ],
  async run({ args: [shell], terminal }) {
    terminal.out.write(scripts[shell as Shell]);
    return 0;
  },
});
