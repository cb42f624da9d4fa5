import type { NodeKind } from "../core/node.ts";
import { formatCount, formatNumber } from "../text/quantity.ts";
import type { Card } from "./fold.ts";
import type { Size } from "./layout/geometry.ts";
import { groupsOf, type NodeState, type Picture, type PictureNode, type Role, type Status } from "./model.ts";
import { type Font, fitText, textWidth } from "./text-width.ts";
import { countStates, describeCounts, describeState, kindWord, shownState } from "./words.ts";

/** What is written on a card, and how large it must be for that. */
export interface Face extends Size {
  readonly kind: NodeKind;
  readonly role?: Role;
  readonly label: string;
  readonly detail: string;
  /** Of a stack, the one that needs attention most; absent without states, and for sources that are fine. */
  readonly status?: Status;
  /** How many nodes it stands for. */
  readonly count: number;
  /** How many of them there are of each state: of its nodes, or of the items of a map. */
  readonly counts: readonly (readonly [Status, number])[];
  /** Everything, for those who point at it or have it read to them. */
  readonly title: string;
}

export const nameFont: Font = { size: 13, bold: true };
export const detailFont: Font = { size: 11 };

/** Where things are on a card, in pixels. */
export const cardShape = { height: 46, icon: 14, text: 38, sign: 16, end: 14 };

const leastText = 84;
const mostText = 190;

/** Names of members that a stack tells. */
const mostNames = 12;

/** @param frame the innermost frame around it, which says what it belongs to */
export function faceOf(picture: Picture, card: Card, frame?: string): Face {
  const members = card.members.map((i) => picture.nodes[i]!);
  const [first] = members as [PictureNode];
  const one = members.length === 1;
  const states = countStates(members.map(shownState));
  const status = states[0]?.[0];
  const counts = one ? itemCounts(first) : states;
  const label = one ? first.name : first.family!;
  const detail = one ? detailOf(first, frame) : stackDetail(members, states);
  const wanted = Math.max(textWidth(label, nameFont), textWidth(detail, detailFont));
  const text = Math.ceil(Math.min(mostText, Math.max(leastText, wanted)));
  return {
    kind: first.kind,
    ...(first.role === undefined ? {} : { role: first.role }),
    label: fitText(label, text, nameFont),
    detail: fitText(detail, text, detailFont),
    ...(status === undefined ? {} : { status }),
    count: members.length,
    counts,
    title: one ? titleOf(first) : stackTitle(label, members, describeCounts(states)),
    width: cardShape.text + text + (status === undefined ? cardShape.end : cardShape.sign + 2 * cardShape.end - 4),
    height: cardShape.height,
  };
}

/** What became of the items of a map: those that there are any of. */
function itemCounts(node: PictureNode): readonly (readonly [Status, number])[] {
  const { items } = shownState(node) ?? {};
  if (!items) return [];
  const { made, reused, failed } = items;
  const counts: readonly (readonly [Status, number])[] = [
    ["failed", failed],
    ["executed", made],
    ["hit", reused],
  ];
  return counts.filter(([, count]) => count > 0);
}

function detailOf(node: PictureNode, frame: string | undefined): string {
  const state = shownState(node);
  if (state) return describeState(state);
  if (node.about === undefined) return node.group === frame ? kindWord(node) : (node.group ?? kindWord(node));
  // A command line is seen to be one.
  return node.kind === "command" ? node.about : `${kindWord(node)} · ${node.about}`;
}

function titleOf(node: PictureNode): string {
  const state = shownState(node);
  const group = groupsOf(node).join(" / ") || undefined;
  const about = node.about === undefined ? kindWord(node) : `${kindWord(node)} ${node.about}`;
  return [
    `${node.name} (${group === undefined ? about : `${about} of ${group}`})`,
    ...(node.description === undefined ? [] : [node.description]),
    ...(state ? [describeState(state), ...state.reasons.slice(isAhead(state) ? 1 : 0)] : []),
    ...(state?.note === undefined ? [] : [state.note]),
    ...(node.where === undefined ? [] : [node.where]),
  ].join("\n");
}

/** Whether the state says what is to come: then its first reason is in the words for it. */
function isAhead({ status }: NodeState): boolean {
  return status === "run" || status === "maybe";
}

function stackDetail(members: readonly PictureNode[], counts: readonly (readonly [Status, number])[]): string {
  const what = formatCount(members.length, kindWord(members[0]!));
  // Only what needs attention most: the rest is in the title, and in the bar.
  return counts.length === 0 ? what : `${what} · ${describeCounts(counts.slice(0, 1))}`;
}

function stackTitle(label: string, members: readonly PictureNode[], states: string): string {
  const names = members.slice(0, mostNames).map(({ name }) => name);
  const more = members.length - names.length;
  return [
    `${label} (${formatCount(members.length, kindWord(members[0]!))})`,
    ...(states === "" ? [] : [states]),
    ...names,
    ...(more > 0 ? [`and ${formatNumber(more)} more`] : []),
  ].join("\n");
}
