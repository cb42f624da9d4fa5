import { type PipelineShape, shapes } from "./generated-pipeline.ts";

/** As many stages as a project may export one by one. */
const mostExports = 10_000;

/** The pipelines that a section measures: every size in every shape, declared in a loop, and one shape with exported constants. */
export function pipelineShapes(sizes: readonly number[]): readonly PipelineShape[] {
  return sizes.flatMap((nodes) => [
    ...shapes.map((shape): PipelineShape => ({ shape, style: "loop", nodes })),
    ...(nodes <= mostExports ? [{ shape: "layered", style: "exports", nodes } as const] : []),
  ]);
}

export function shapeText({ shape, style }: PipelineShape): string {
  return `${shape}, ${style}`;
}
