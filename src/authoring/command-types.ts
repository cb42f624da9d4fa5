import type { DirHandle } from "../platform/dir-handle.ts";
import type { FileHandle } from "../platform/file-handle.ts";
import type { StageOptions } from "./stage-types.ts";

type Named = Readonly<Record<string, string>>;

/** What becomes of what a program prints to its standard output. */
export type StdoutMode<Outputs = Named> = "log" | "text" | "json" | "ignore" | `{${keyof Outputs & string}}`;

/** A place that ends with a slash is a folder. Of a text that is put together only the run knows. */
type HandleAt<Path> = string extends Path ? FileHandle | DirHandle : Path extends `${string}/` ? DirHandle : FileHandle;

/** What a command gives, by its outputs and what becomes of its standard output. */
export type CommandValue<Outputs, Stdout> = [keyof Outputs] extends [never]
  ? Stdout extends "text"
    ? string
    : Stdout extends "json"
      ? unknown
      : undefined
  : { readonly [Name in keyof Outputs]: HandleAt<Outputs[Name]> };

export interface CommandOptions<Value, Outputs extends Named = Named, Stdout extends string = string>
  extends Omit<StageOptions<Value>, "format" | "formatOptions" | "output" | "outputs"> {
  /**
   * What the program writes, by name, and where it is placed, relative to the folder of the module. The program is told where
   * to write by `{name}`. A place that ends with a slash is a folder: it is there when the program starts, and all files that are in it
   * afterwards belong to the result. The value is the record of the handles.
   */
  readonly outputs?: Outputs;
  /**
   * What becomes of what the program prints: its `log` (unless given), the value as `text` or parsed as `json`, `ignore`, or
   * `{name}`: the file of an output. The value is at most 64 MiB; an output may be of any size.
   */
  readonly stdout?: Stdout;
  /**
   * What the program reads from its standard input: `{name}` of an input. A file is read as it is, a text, number or boolean by itself,
   * anything else as for an argument: bytes, or a JSON document. Nothing unless given.
   */
  readonly stdin?: `{${string}}`;
  /**
   * The variables of the environment that the program gets beside `PATH`, `HOME` and a few that are always the same: a list of
   * names, or an object with a text for each (`{name}` stands for values, as in arguments), or `true` to pass it as it is.
   * Those that are passed count by their values, which are treated as secrets.
   */
  readonly env?: readonly string[] | Readonly<Record<string, string | true>>;
  /**
   * The folder that the program runs in, relative to that of the module; the folder of the module unless given. `{tmp}` is an
   * empty folder of its own. Arguments that name files are looked up from there.
   */
  readonly cwd?: string;
  /** Whether the command is one text for `sh`; false unless given. */
  readonly shell?: boolean;
}
