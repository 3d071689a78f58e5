// Faces drawn from a name: the same name always gets the same face.
import { svg } from "/simulator/page/dom.js";

const GROUNDS = ["#f3c969", "#8ecae6", "#f4a58a", "#a8d5ba", "#c9b6e4", "#f2b5c4", "#9fd3c7", "#e6c9a8"];
const SKINS = ["#8d5524", "#6b3f1d", "#c68642", "#e0ac69", "#a5673f", "#f1c9a0"];
const HAIRS = ["#1f1712", "#3b2417", "#2b2b33", "#5a3a22", "#7a5230"];
const CLOTHES = ["#0b6a9c", "#2f7d5b", "#a8452a", "#5b4b9a", "#b07d12", "#38506b"];

const HAIR_SHAPES = [
  (c) => svg("path", { d: "M13 20c0-8 4-11 11-11s11 3 11 11c-2-4-5-5-11-5s-9 1-11 5Z", fill: c }),
  (c) => svg("path", { d: "M12 30c-2-14 2-21 12-21s14 7 12 21c-2 2-4 0-3-3 1-7-2-10-9-10s-10 3-9 10c1 3-1 5-3 3Z", fill: c }),
  (c) => svg("path", { d: "M12 20c-3-6 2-9 5-10 3-3 11-3 14 0 4 1 8 5 5 10-2-2-4-4-12-4s-10 2-12 4Z", fill: c }),
  (c) => svg("path", { d: "M10 36c0-18 2-28 14-28s14 10 14 28l-5-1c1-9 0-17-2-18-4 1-11 1-14 0-2 1-3 9-2 18Z", fill: c }),
  (c) => svg("g", { fill: c }, svg("circle", { cx: 24, cy: 8, r: 5 }), svg("path", { d: "M13 20c0-7 4-10 11-10s11 3 11 10c-3-4-6-4-11-4s-8 0-11 4Z" })),
];

/** A drawn face, `size` pixels wide. */
export function face(name, size = 40) {
  const seed = hash(name);
  const of = (list, shift) => list[(seed >>> shift) % list.length];
  const skin = of(SKINS, 3);
  return frame(size, of(GROUNDS, 0), [
    svg("path", { d: "M8 50c0-9 7-14 16-14s16 5 16 14Z", fill: of(CLOTHES, 9) }),
    svg("path", { d: "M20 30h8v7c-2 3-6 3-8 0Z", fill: skin }),
    svg("ellipse", { cx: 24, cy: 23, rx: 9.5, ry: 11, fill: skin }),
    of(HAIR_SHAPES, 12)(of(HAIRS, 6)),
    svg("path", { d: "M20 23v.01M28 23v.01", stroke: "#1a120c", "stroke-width": 2.6, "stroke-linecap": "round" }),
    svg("path", { d: "M20.500 28c2 2 5 2 7 0", stroke: "#1a120c", "stroke-width": 1.6, fill: "none", "stroke-linecap": "round" }),
  ]);
}

/** A shop front, for a business's phone. */
export function shop(name, size = 40) {
  const ground = GROUNDS[hash(name) % GROUNDS.length];
  return frame(size, ground, [
    svg("path", { d: "M11 22h26v17H11z", fill: "#fffaf2" }),
    svg("path", { d: "M9 13h30l2 9H7z", fill: "#a8452a" }),
    svg("path", { d: "M15 13h6l-1 9h-6zM27 13h6l1 9h-6z", fill: "#fffaf2" }),
    svg("path", { d: "M27 27h6v12h-6z", fill: "#38506b" }),
    svg("path", { d: "M15 27h8v6h-8z", fill: "#8ecae6" }),
  ]);
}

/** The number everybody writes to. */
export function bay(size = 40) {
  return frame(size, "#0b6a9c", [
    svg("path", {
      d: "M9 20c4-5 8-5 11 0s7 5 11 0c3-4 5-4 8-3M9 30c4-5 8-5 11 0s7 5 11 0c3-4 5-4 8-3",
      fill: "none", stroke: "#fff", "stroke-width": 3.4, "stroke-linecap": "round",
    }),
  ]);
}

function frame(size, ground, parts) {
  const id = `round-${(frame.count = (frame.count ?? 0) + 1)}`;
  return svg("svg", { viewBox: "0 0 48 48", width: size, height: size, "aria-hidden": "true" },
    svg("clipPath", { id }, svg("circle", { cx: 24, cy: 24, r: 24 })),
    svg("g", { "clip-path": `url(#${id})` }, svg("rect", { width: 48, height: 48, fill: ground }), ...parts));
}

function hash(name) {
  let value = 2166136261;
  for (const letter of name.toLowerCase()) value = Math.imul(value ^ letter.codePointAt(0), 16777619);
  value = Math.imul(value ^ (value >>> 15), 2246822507);
  return (value ^ (value >>> 13)) >>> 0;
}
