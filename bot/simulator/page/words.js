// Text as a messenger shows it: *bold*, _italic_, ~struck~, `code`, links; times and days in the reader's own way.
import { el } from "/simulator/page/dom.js";

const MARKS = [
  [/```([\s\S]+?)```/, "code"],
  [/`([^`\n]+)`/, "code"],
  [/(?<![\p{L}\p{N}*])\*(?!\s)([^*\n]+?)(?<!\s)\*(?![\p{L}\p{N}*])/u, "b"],
  [/(?<![\p{L}\p{N}_])_(?!\s)([^_\n]+?)(?<!\s)_(?![\p{L}\p{N}_])/u, "i"],
  [/(?<![\p{L}\p{N}~])~(?!\s)([^~\n]+?)(?<!\s)~(?![\p{L}\p{N}~])/u, "s"],
];
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/;

/** The nodes of a text with its marks. */
export function marked(text) {
  const found = [[LINK, "a"], ...MARKS]
    .map(([pattern, name]) => ({ match: pattern.exec(text), name }))
    .filter(({ match }) => match)
    .sort((one, other) => one.match.index - other.match.index)[0];
  if (!found) return text ? [text] : [];
  const { match, name } = found;
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + match[0].length);
  return [...(before ? [before] : []), node(name, match), ...marked(after)];
}

function node(name, match) {
  if (name === "a") return el("a", { href: match[0], target: "_blank", rel: "noopener noreferrer" }, match[0]);
  return el(name, {}, ...(name === "code" ? [match[1]] : marked(match[1])));
}

/** The same text without its marks. */
export function plain(text) {
  return el("span", {}, ...marked(text)).textContent;
}

/** 14:05 */
export function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** Today, Yesterday, or Tuesday 3 March. */
export function day(iso) {
  const date = new Date(iso);
  const days = Math.round((midnight(new Date()) - midnight(date)) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
