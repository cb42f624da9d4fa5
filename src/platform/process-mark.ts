import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { digestOf } from "../core/digest.ts";

/**
 * Says which process something belongs to: where it runs, since which boot, its id, and when it started (so that an id that
 * is used again is not mistaken for its former owner). What the system does not tell is `0`.
 */
export interface ProcessMark {
  /** The machine and, where processes are numbered apart (containers), the numbering. */
  readonly place: string;
  readonly boot: string;
  readonly pid: number;
  readonly started: string;
}

let own: ProcessMark | undefined;

/** The mark of this process; the same in all its threads. */
export function ownMark(): ProcessMark {
  own ??= {
    place: short(`${hostname()}\n${quietly(() => readlinkSync("/proc/self/ns/pid"))}`),
    boot: shortOrZero(quietly(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"))),
    pid: process.pid,
    started: startOf(process.pid),
  };
  return own;
}

/** A mark as a part of a file name. */
export function markText(mark: ProcessMark): string {
  return `${mark.place}-${mark.boot}-${mark.pid}-${mark.started}`;
}

const form = /^([0-9a-f]{8})-([0-9a-f]{8}|0)-([1-9]\d{0,9})-(\d{1,20})(?=$|-)/;

/** The mark at the beginning of a text. */
export function parseMark(text: string): ProcessMark | undefined {
  const match = form.exec(text);
  return match ? { place: match[1]!, boot: match[2]!, pid: Number(match[3]), started: match[4]! } : undefined;
}

/** Whether the process of a mark is alive; undefined where this machine cannot know. */
export function isAlive(mark: ProcessMark): boolean | undefined {
  const here = ownMark();
  if (mark.place !== here.place) return undefined;
  if (mark.boot !== here.boot) return false;
  if (mark.pid === here.pid) return mark.started === here.started;
  try {
    process.kill(mark.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  const started = startOf(mark.pid);
  return started === "0" || mark.started === "0" || started === mark.started;
}

/** The start time of a process in clock ticks since boot (field 22 of proc_pid_stat(5)); `0` where there is no such file. */
function startOf(pid: number): string {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
}

function short(text: string): string {
  return digestOf(text).slice(0, 8);
}

function shortOrZero(text: string): string {
  return text === "" ? "0" : short(text);
}

/** Empty where the system has no such file: then the mark simply says less. */
function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
