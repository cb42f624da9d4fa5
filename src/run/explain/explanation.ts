import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import type { NodeStatus, RunReason } from "../../core/event.ts";
import type { Failure } from "../../core/failure.ts";
import type { NodeKind } from "../../core/node.ts";
import type { RecordedInput } from "../../core/record.ts";
import type { Difference, TextDifference } from "../difference/difference.ts";
import type { PlannedStatus } from "../plan.ts";
import type { CodeChange } from "./code-change.ts";

/** Where something is declared: the file relative to the project, `/` between parts. */
export interface Declared {
  readonly file: string;
  readonly line?: number;
}

/** Why a node ran or did not, or what it would do now. */
export interface Explanation {
  readonly node: string;
  readonly kind: NodeKind;
  readonly declared?: Declared;
  readonly status: PlannedStatus | NodeStatus;
  readonly key?: Digest;
  readonly reasons: readonly RunReason[];
  /** The earlier result that it is compared with: the nearest one, or that of the run that was asked for. */
  readonly comparedWith?: { readonly runId: string; readonly createdAt: number; readonly key: Digest };
  /** For a hit: the run that made the result, and when. */
  readonly madeBy?: string;
  readonly madeAt?: number;
  /** Milliseconds that it took when it last ran, where it would run. */
  readonly expectedMs?: number;
  readonly inputs: readonly ExplainedInput[];
  /** What of its code differs. */
  readonly code: readonly ExplainedCode[];
  readonly warnings: readonly Failure[];
}

/** One input beside what it was in the result that is compared with. */
export interface ExplainedInput {
  readonly name: string;
  readonly kind: RecordedInput["kind"];
  readonly node?: string;
  readonly declared?: Declared;
  /** Values where they are small and no secret, else versions; absent where there is none (yet). */
  readonly before?: string;
  readonly after?: string;
  readonly versionBefore?: Digest;
  readonly versionAfter?: Digest;
  readonly changed: boolean;
  /** For a glob or a folder that changed. */
  readonly files?: FilesChange;
  /** For any other value that changed and that both sides still have. */
  readonly difference?: Difference;
  /** Why there is no difference to show. */
  readonly note?: string;
}

/** The files that differ between two versions of a glob or a folder, sorted by name. */
export interface FilesChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** One part of the code that differs. */
export interface ExplainedCode extends Pick<CodePart, "kind" | "name" | "file" | "line"> {
  readonly change: CodeChange["change"];
  /** Where it was, if that is in another file. */
  readonly was?: Declared;
  /** How the stage gets to it: the stage's own code first, the part itself last. */
  readonly path?: readonly PathStep[];
  /** The text of a declaration as its author wrote it, the value of a captured variable, the version of a package. */
  readonly before?: string;
  readonly after?: string;
  /** How the two texts of a declaration differ. */
  readonly difference?: TextDifference;
  /** Why there is no difference to show, or what else is to be known. */
  readonly note?: string;
}

export type PathStep = Pick<CodePart, "name" | "file" | "line">;
