import type { MessagePort } from "node:worker_threads";
import type { DeclaredAt } from "../../analyse/calls/declared-at.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import type { LogLevel, ProgressUnit } from "../../core/event.ts";
import type { Failure } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { JsonValue } from "../../core/json.ts";
import type { ReadOptions, StageContext, StageFinder, WorkKind, WroteOptions } from "../../core/node.ts";
import type { Encoded } from "../../store/format.ts";
import type { EncodedValue, Encoding } from "../make/encoded-value.ts";
import type { MadeResult } from "../make/making.ts";
import type { SentError } from "./sent-error.ts";
import type { SentValue, StoreFolders } from "./sent-value.ts";
import type { TraceContext } from "./trace-context.ts";

/*
 * What goes between the thread of a run and those in which stages are called. All of it survives a structured clone.
 */

/** What a thread is started with. */
export interface ThreadStart {
  /** Whether the process keeps what it compiles. */
  readonly compileCache: boolean;
}

/** The project, as a thread opens it. The same for all calls of one thread. */
export interface ThreadProject {
  readonly root: string;
  readonly scratch: string;
  /** The database in which compiled modules and analyses are found; undefined where there is none. */
  readonly metadata: string | undefined;
  readonly argv: readonly string[];
}

/** A stage, as a thread finds it again. */
export interface WantedStage extends DeclaredAt, Encoding {
  readonly node: string;
  readonly kind: WorkKind;
  /** Its option `name`. */
  readonly name: string | undefined;
  /** The option `version`. */
  readonly salt: string | undefined;
  readonly checks: number;
  /** Of its code, without the salt. */
  readonly code: Digest;
  /** The same with the values of captured variables, of a stage whose salt stands for these; undefined where they have none. */
  readonly withCaptured: Digest | undefined;
  /** Where no call declares it: see `StageFinder`. */
  readonly finder?: Pick<StageFinder, "url" | "sought">;
}

/** One call of a stage's function. */
export interface CallRequest {
  readonly project: ThreadProject;
  readonly stage: WantedStage;
  readonly port: MessagePort;
  /** What the function is called with, before the context: values, or records of values. */
  readonly args: readonly SentArgument[];
  readonly run: StageContext["run"];
  /** What it is part of the making of, from the innermost out. */
  readonly makings: readonly MadeResult[];
  /** The span that it is part of; undefined where nobody traces. */
  readonly trace: TraceContext | undefined;
  /** Of the attempt: absolute path. */
  readonly folder: string;
  /** Where what comes bit by bit is put, and what of it is not needed afterwards; undefined where that is not taken. */
  readonly streams: { readonly blobs: StoreFolders; readonly scratch: StoreFolders } | undefined;
  /** Whether the result comes back as it is to be stored; else as the value that it is. */
  readonly encoded: boolean;
}

export type SentArgument =
  | { readonly kind: "value"; readonly name: string; readonly value: SentValue }
  | { readonly kind: "record"; readonly values: readonly (readonly [name: string, value: SentValue])[] };

/** What a thread tells while it works. */
export type Told =
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "log"; readonly level: LogLevel; readonly text: string }
  | {
      readonly type: "progress";
      readonly done: number;
      readonly total: number | undefined;
      readonly unit: ProgressUnit | undefined;
    }
  | { readonly type: "meta"; readonly name: string; readonly value: JsonValue }
  | { readonly type: "read"; readonly path: string; readonly options: ReadOptions }
  | { readonly type: "wrote"; readonly path: string; readonly options: WroteOptions }
  /** Handles of files of the project were in what the function was given. */
  | { readonly type: "files"; readonly refs: readonly FileRef[] };

/** How a call ended. */
export type Answer =
  | {
      readonly type: "given";
      readonly result: SentResult;
      /** The captured variable that does not hold what it did when the thread found the function, if there is one. */
      readonly changedCapture: string | undefined;
    }
  | { readonly type: "thrown"; readonly error: SentError }
  /** The modules that declare the stage could not be loaded. */
  | { readonly type: "unloaded"; readonly error: SentError }
  /** The value of an input could not be read. */
  | { readonly type: "unreadable"; readonly input: string; readonly error: SentError }
  /** The stage is not what it is in the thread of the run, or not there at all: then there are no parts. */
  | { readonly type: "unfound"; readonly parts?: readonly CodePart[]; readonly captured?: boolean };

export type SentResult =
  | {
      readonly kind: "encoded";
      readonly format: string;
      readonly encoded: Encoded;
      readonly readable: EncodedValue["readable"];
    }
  | { readonly kind: "value"; readonly encoded: Encoded };

/** What a thread is told while it works: that it is to stop, and why. */
export interface Stop {
  readonly type: "stop";
  readonly failure: Failure;
}
