import type { Box } from "../../layout/geometry.ts";

const closest = 3;
const fitMargin = 32;
/** What one step of a wheel or a key does. */
const step = 1.2;
const panStep = 80;

/** Room around the drawing for what sticks out of its boxes: stacks, thick lines. */
const bleed = 16;

/** Pixels of the frame that something else lies on. */
export interface Covered {
  readonly right: number;
  readonly bottom: number;
}

/** How long after the last movement the drawing is painted anew, sharp at its new scale; milliseconds. */
const settleAfter = 250;

/**
 * What part of the drawing is seen: moved by dragging, zoomed by wheel and pinch. The drawing itself never changes for that: its
 * painted layer is moved and stretched, and painted anew when the movement ends, so that thousands of nodes move as smoothly as ten.
 */
export class Viewport {
  /** The window, as it were. */
  readonly #frame: HTMLElement;
  /** What lies behind it, and what is moved: an element of HTML, as a moved SVG is laid out anew, text by text. */
  readonly #svg: SVGSVGElement;
  readonly #sheet: HTMLElement;
  readonly #onChange: (scale: number) => void;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #size = { width: 1, height: 1 };
  #x = 0;
  #y = 0;
  #scale = 1;
  #asked = false;
  /** Whether the last press of the pointer became a drag, and so is no click. */
  dragged = false;

  constructor(frame: HTMLElement, svg: SVGSVGElement, onChange: (scale: number) => void) {
    this.#frame = frame;
    this.#svg = svg;
    this.#sheet = svg.parentElement!;
    this.#onChange = onChange;
    this.#listen();
  }

  /** Says how large the drawing is now. */
  resize(width: number, height: number): void {
    this.#size = { width: Math.max(1, width), height: Math.max(1, height) };
    this.#svg.setAttribute(
      "viewBox",
      `${-bleed} ${-bleed} ${this.#size.width + 2 * bleed} ${this.#size.height + 2 * bleed}`,
    );
    this.#svg.setAttribute("width", String(this.#size.width + 2 * bleed));
    this.#svg.setAttribute("height", String(this.#size.height + 2 * bleed));
  }

  /** Shows all of it, not much larger than it is drawn, beside what is covered. */
  fit(covered: Covered): void {
    const { width, height } = this.#room(covered);
    const { width: w, height: h } = this.#size;
    this.#scale = Math.min(1.25, (width - 2 * fitMargin) / w, (height - 2 * fitMargin) / h);
    this.#scale = Math.max(this.#scale, 1e-4);
    this.#x = (w - width / this.#scale) / 2;
    this.#y = (h - height / this.#scale) / 2;
    this.#show();
  }

  /** Moves a box into the middle, large enough to be read, unless it can be seen and read already. */
  reveal({ x, y, width, height }: Box, covered: Covered): void {
    const room = this.#room(covered);
    const scale = this.#scale;
    const seen = {
      left: (x - this.#x) * scale,
      top: (y - this.#y) * scale,
      right: (x + width - this.#x) * scale,
      bottom: (y + height - this.#y) * scale,
    };
    if (scale >= 0.6 && seen.left >= 0 && seen.top >= 0 && seen.right <= room.width && seen.bottom <= room.height)
      return;
    this.#scale = Math.min(closest, Math.max(scale, 0.9));
    this.#x = x + width / 2 - room.width / 2 / this.#scale;
    this.#y = y + height / 2 - room.height / 2 / this.#scale;
    this.#show();
  }

  /** @param steps to zoom in; out if less than 0 */
  zoom(steps: number): void {
    const { width, height } = this.#room();
    this.#zoomAt(step ** steps, width / 2, height / 2);
  }

  /** @param across steps to the right, and @param down downwards */
  pan(across: number, down: number): void {
    this.#x += (across * panStep) / this.#scale;
    this.#y += (down * panStep) / this.#scale;
    this.#show();
  }

  #room({ right, bottom }: Covered = { right: 0, bottom: 0 }): { readonly width: number; readonly height: number } {
    const { clientWidth, clientHeight } = this.#frame;
    return { width: Math.max(120, clientWidth - right), height: Math.max(80, clientHeight - bottom) };
  }

  /** Keeps what is at a point of the screen where it is. */
  #zoomAt(factor: number, left: number, top: number): void {
    const { width, height } = this.#room();
    const least = Math.min(0.2, width / this.#size.width / 2, height / this.#size.height / 2);
    const next = Math.min(closest, Math.max(least, this.#scale * factor));
    this.#x += left / this.#scale - left / next;
    this.#y += top / this.#scale - top / next;
    this.#scale = next;
    this.#show();
  }

  /** At most once for each frame that is painted. */
  #show(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      const { style } = this.#sheet;
      const scale = this.#scale;
      style.willChange = "transform";
      style.transform = `translate(${-(this.#x + bleed) * scale}px, ${-(this.#y + bleed) * scale}px) scale(${scale})`;
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => {
        style.willChange = "auto";
        this.#onChange(this.#scale);
      }, settleAfter);
    });
  }

  #listen(): void {
    const frame = this.#frame;
    const pointers = new Map<number, { x: number; y: number }>();
    let moved = 0;
    const at = (event: { clientX: number; clientY: number }) => {
      const { left, top } = frame.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      pointers.set(event.pointerId, at(event));
      moved = 0;
      this.dragged = false;
    });
    frame.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const now = at(event);
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      pointers.set(event.pointerId, now);
      moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (moved > 4 && !this.dragged) {
        this.dragged = true;
        frame.setPointerCapture(event.pointerId);
      }
      if (!this.dragged) return;
      const [other] = others;
      if (!other) {
        this.#x -= (now.x - before.x) / this.#scale;
        this.#y -= (now.y - before.y) / this.#scale;
        this.#show();
        return;
      }
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      this.#zoomAt(factor, (now.x + other.x) / 2, (now.y + other.y) / 2);
    });
    const release = (event: PointerEvent) => void pointers.delete(event.pointerId);
    frame.addEventListener("pointerup", release);
    frame.addEventListener("pointercancel", release);
    frame.addEventListener("pointerleave", (event) => {
      if (!this.dragged) release(event);
    });
    frame.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
        const { x, y } = at(event);
        // A pinch on a touchpad comes as a wheel with small steps.
        const strength = event.ctrlKey ? 0.01 : 0.0016;
        this.#zoomAt(Math.exp(-event.deltaY * unit * strength), x, y);
      },
      { passive: false },
    );
    new ResizeObserver(() => this.#show()).observe(frame);
  }
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
