import type { Site } from "../../core/node.ts";
import { frameAt } from "../calls/site.ts";
import type { AnyFunction } from "./captured-data.ts";
import { functionInspector } from "./captured-scopes.ts";

/** Where in the user's code a function is written, as the engine knows; in no frame where that is no file of a user's. */
export function functionSite(fn: AnyFunction): Site {
  let frames: ReturnType<Site> | undefined;
  return () => {
    frames ??= framesOf(fn);
    return frames;
  };
}

function framesOf(fn: AnyFunction): ReturnType<Site> {
  const location = functionInspector.locationOf(fn);
  const url = location && functionInspector.urlOf(location.scriptId);
  const frame = url ? frameAt(url, location.line, location.column) : undefined;
  return frame ? [frame] : [];
}
