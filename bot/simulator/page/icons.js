// Line icons, drawn by us on a 24-unit grid.
import { svg } from "/simulator/page/dom.js";

const PATHS = {
  plus: ["M12 5v14M5 12h14"],
  send: ["M4 12 20 4l-5 16-3-6-8-2Z"],
  microphone: ["M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3"],
  stop: ["M7 7h10v10H7z"],
  face: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9 10v.01M15 10v.01M8.500 14.500c2 2.300 5 2.300 7 0"],
  close: ["M6 6l12 12M18 6 6 18"],
  list: ["M8 6h12M8 12h12M8 18h12M4 6v.01M4 12v.01M4 18v.01"],
  link: ["M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5"],
  pin: ["M12 21s-7-6.300-7-11.500a7 7 0 0 1 14 0C19 14.700 12 21 12 21ZM12 7a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5Z"],
  file: ["M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"],
  photo: ["M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9v.01"],
  brush: ["M14 4l6 6-8 8H6v-6l8-8ZM4 21h16"],
  person: ["M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21c0-4.500 3.500-7 8-7s8 2.500 8 7"],
  play: ["M8 5l11 7-11 7z"],
  pause: ["M8 5v14M16 5v14"],
  reply: ["M10 7 4 12l6 5v-3c5 0 8 1 10 4 0-6-4-8-10-8z"],
  clock: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 8v4l3 2"],
  alert: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 8v5M12 16v.01"],
  one: ["M5 12.500 9.500 17 19 7"],
  two: ["M2 12.500 6.500 17 16 7M11 16l1 1L22 7"],
};

/** An icon by name; decorative, so hidden from screen readers. */
export function icon(name, size = 24) {
  const lines = PATHS[name].map((d) => svg("path", { d }));
  return svg("svg", {
    viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  }, ...lines);
}
