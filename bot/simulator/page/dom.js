// Building elements without markup strings, so that nothing a message holds can become code.
const SVG = "http://www.w3.org/2000/svg";

/** An element with properties (attributes, `class`, `on…` listeners) and children; null children are left out. */
export function el(name, props = {}, ...children) {
  return fill(document.createElement(name), props, children);
}

/** The same for SVG. */
export function svg(name, props = {}, ...children) {
  return fill(document.createElementNS(SVG, name), props, children);
}

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A sentence at the foot of the page, read out by screen readers, gone after a few seconds. */
export function news(words) {
  const place = document.querySelector(".news");
  place.textContent = words;
  clearTimeout(news.timer);
  news.timer = setTimeout(() => { place.textContent = ""; }, 4000);
}
