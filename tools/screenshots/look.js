// What the eye would stumble over, as lines of text: a page wider than its window, words that are cut off.
(words) => {
  const found = new Set();
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.add(`the page is ${root.scrollWidth} px wide`);

  if (!words) return [...found];

  const name = (element) => element.tagName.toLowerCase() + (element.className?.split ? element.className.split(/\s+/).filter(Boolean).map((word) => `.${word}`).join("") : "");
  const quoted = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 60)}”`;
  const hidden = (element) => element.closest(".visually-hidden, .skip-link, svg, canvas, option, title, script, style, noscript")
    || getComputedStyle(element).clipPath.startsWith("inset(50%") || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true });

  // What holds the text at an edge: a box that hides or scrolls what does not fit, else the window.
  function edges(element) {
    for (let box = element; box && box !== document.body && box !== root; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (style.position === "absolute" && style.clipPath !== "none") return null;
      if (/auto|scroll/.test(style.overflowX)) return null; // it can be scrolled to
      if (/hidden|clip/.test(style.overflowX)) return { ...box.getBoundingClientRect().toJSON(), by: name(box) };
    }
    return { left: 0, right: innerWidth, top: 0, bottom: root.scrollHeight, by: "the window" };
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || hidden(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const limit = edges(parent);
    let block = parent;
    while (getComputedStyle(block).display.startsWith("inline") && !/inline-(flex|block|grid)/.test(getComputedStyle(block).display)) block = block.parentElement;
    const own = block.getBoundingClientRect();
    const scrolls = /auto|scroll/.test(getComputedStyle(block).overflowX);
    for (const rect of range.getClientRects()) {
      if (rect.width < 1) continue;
      if (limit && (rect.left < limit.left - 1 || rect.right > limit.right + 1 || rect.top < limit.top - 2 || rect.bottom > limit.bottom + 2)) found.add(`${quoted(node.data)} is cut off by ${limit.by}`);
      else if (!scrolls && (rect.right > own.right + 1.5 || rect.left < own.left - 1.5)) found.add(`${quoted(node.data)} reaches out of ${name(block)}`);
    }
  }
  for (const field of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=password])")) {
    if (!hidden(field) && field.scrollWidth > field.clientWidth + 1) found.add(`${quoted(field.value || field.placeholder)} does not fit into ${field.name}`);
  }
  const pen = document.createElement("canvas").getContext("2d");
  for (const choice of document.querySelectorAll("select:not([multiple])")) {
    const style = getComputedStyle(choice);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`; // no shorthand: it is empty beside tabular figures
    const room = choice.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const text = choice.selectedOptions[0]?.text ?? "";
    if (!hidden(choice) && pen.measureText(text).width > room + 1) found.add(`${quoted(text)} does not fit into ${choice.name}`);
  }
  return [...found];
}
