/** What the project's pages hold besides prose: fenced blocks and links. */
import { read, sources } from "./sources.ts";

export interface Block {
  page: string;
  line: number;
  /** The first word behind the fence: ts, sh, json … */
  language: string;
  /** The words after it; `run` marks commands that the documents' test executes. */
  words: string[];
  text: string;
}

const FENCE = /^```(\S*)[ \t]*(.*)\n([\s\S]*?)^```$/gm;

/** The fenced blocks of one page's text. */
export function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(FENCE)].map(({ 1: language = "", 2: words = "", 3: body = "", index }) => ({
    page,
    line: text.slice(0, index).split("\n").length,
    language,
    words: words.split(/\s+/).filter((word) => word !== ""),
    text: body,
  }));
}

/** The fenced blocks of all pages. */
export function allBlocks(): Block[] {
  return sources(/\.md$/).flatMap((page) => blocksOf(page, read(page)));
}

/** Relative targets of a page's links, without their #anchors. */
export function linksOf(text: string): string[] {
  const prose = text.replace(FENCE, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}
