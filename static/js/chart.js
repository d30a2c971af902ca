// Charts: the series of data-src drawn with uPlot in the colours of the page. The table beside each chart holds the same values.
let library;

function loadLibrary({ uplot, uplotCss }) {
  const fetched = (element, parent = document.head) => new Promise((done, failed) => {
    element.onload = done;
    element.onerror = failed;
    parent.append(element);
  });
  library ??= Promise.all([
    fetched(Object.assign(document.createElement("script"), { src: uplot })),
    fetched(Object.assign(document.createElement("link"), { rel: "stylesheet", href: uplotCss })),
  ]);
  return library;
}

const lang = document.documentElement.lang || "de";
const dateFormat = (options) => new Intl.DateTimeFormat(lang, { timeZone: "UTC", ...options });
const DAY_S = 86400;
const LEAST_DAYS = 6;
const formats = {
  time: dateFormat({ hour: "2-digit", minute: "2-digit" }),
  day: dateFormat({ day: "numeric", month: "short" }),
  month: dateFormat({ month: "short" }),
  year: dateFormat({ year: "numeric" }),
  full: dateFormat({ weekday: "short", day: "numeric", month: "long", year: "numeric" }),
};
const number = (value, digits) => value.toLocaleString(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });

// Custom properties hold light-dark(); only a computed colour can be given to a canvas.
function palette(count) {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (value) => { probe.style.color = value; return getComputedStyle(probe).color; };
  const colours = { ink: read("var(--ink)"), soft: read("var(--ink-soft)"), line: read("var(--line)"), goal: read("var(--moss-text)"), sheet: read("var(--sheet)"), series: [] };
  for (let i = 1; i <= count; i += 1)
    colours.series.push({ full: read(`var(--series-${i})`), faint: read(`color-mix(in oklab, var(--series-${i}) 55%, transparent)`), wash: read(`color-mix(in oklab, var(--series-${i}) 16%, transparent)`) });
  probe.remove();
  return colours;
}

// Readings and the trend through them share one colour.
function colourNumbers(series) {
  let next = 0;
  return series.map((one, i) => {
    const before = series[i - 1];
    const pair = before && before.scale === one.scale && (before.kind === one.kind ? one.kind === "band" : [before.kind, one.kind].every((kind) => kind !== "bars"));
    return pair && (i < 2 || series[i - 2].scale !== one.scale || one.kind === "band") ? (next + 5) % 6 : next++ % 6;
  });
}

function timeLabels(u, splits, axis, space, step) {
  return splits.map((at, i) => {
    const date = new Date(at * 1000);
    if (step < DAY_S) return date.getUTCHours() === 0 && date.getUTCMinutes() === 0 ? formats.day.format(date) : formats.time.format(date);
    if (step < 28 * DAY_S) return formats.day.format(date);
    if (step >= 360 * DAY_S) return formats.year.format(date);
    return date.getUTCMonth() === 0 || i === 0 ? `${formats.month.format(date)} ${formats.year.format(date)}` : formats.month.format(date);
  });
}

function scaleOf(key, series, lines) {
  const onIt = series.filter((one) => one.scale === key);
  const goals = lines.filter((line) => line.scale === key).map((line) => line.value);
  const bars = onIt.some((one) => one.kind === "bars");
  const least = 4 * 10 ** -Math.max(...onIt.map((one) => one.digits));
  return {
    range: (u, low, high) => {
      if (low == null) return [0, 1];
      low = Math.min(low, ...goals);
      high = Math.max(high, ...goals);
      const pad = Math.max((high - low) * 0.1, least / 2);
      return bars ? [Math.min(0, low), high + pad] : [low - pad, high + pad];
    },
  };
}

// A line claims nothing about a pause: after so long without a value the trend begins anew.
const PAUSE_S = 30 * DAY_S;
function pauses(u, index, from, to) {
  const found = [];
  let last;
  for (let i = from; i <= to; i += 1) {
    if (u.data[index][i] == null) continue;
    const [x, before] = [u.data[0][i], u.data[0][last]];
    if (x - before > PAUSE_S) found.push([u.valToPos(before, "x", true), u.valToPos(x, "x", true)]);
    last = i;
  }
  return found;
}

// Readings step back behind their trend; where there is none, they are the drawing.
function shape(one, colour, points, trend) {
  if (one.kind === "points") return { stroke: () => colour().full, paths: () => null, points: { show: true, size: points > 200 ? 3 : trend ? 5 : 7, width: 0, fill: () => colour()[trend ? "faint" : "full"] } };
  if (one.kind === "bars") return { stroke: () => colour().full, fill: () => colour().faint, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.72, 28], radius: 0.15 }) };
  if (one.kind === "band") return { stroke: () => "transparent", width: 0, gaps: pauses, points: { show: false } };
  return { stroke: () => colour()[one.dash ? "faint" : "full"], width: 2, dash: one.dash ? [5, 4] : undefined, gaps: pauses, points: { show: points < 3 } };
}

function bandsOf(series, wash) {
  const bands = [];
  series.forEach((one, i) => {
    const next = series[i + 1];
    if (one.kind === "band" && next?.kind === "band" && next.scale === one.scale && bands.at(-1)?.series[0] !== i + 1)
      bands.push({ series: [i + 2, i + 1], fill: () => wash(i) });
  });
  return bands;
}

// Events: a fine line from top to bottom; the tooltip of the day says what it was.
function eventMarks(marks, colours) {
  return (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.strokeStyle = colours().soft;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const mark of marks) {
      const x = Math.round(u.valToPos(mark.x, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

function goalLines(lines, colours, font) {
  return (u) => {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.font = font(11 * ratio);
    ctx.strokeStyle = ctx.fillStyle = colours().goal;
    ctx.lineWidth = 1.25 * ratio;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    for (const line of lines) {
      if (u.scales[line.scale]?.min == null) continue;
      const y = Math.round(u.valToPos(line.value, line.scale, true));
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.setLineDash([4 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.fillText(line.label, bbox.left + bbox.width - 4 * ratio, y - 2 * ratio);
    }
    ctx.restore();
  };
}

function tooltip(data) {
  const tip = document.createElement("div");
  tip.className = "chart__tip";
  tip.hidden = true;
  return {
    hooks: {
      init: (u) => { u.over.append(tip); u.over.addEventListener("pointerleave", () => { tip.hidden = true; }); },
      setCursor: (u) => {
        const { idx, left } = u.cursor;
        const values = idx == null || left < 0 ? [] : data.series.filter((one) => one.values[idx] != null);
        tip.hidden = !values.length;
        if (!values.length) return;
        const day = document.createElement("strong");
        const at = data.x[idx];
        day.textContent = formats.full.format(at * 1000) + (at % DAY_S ? `, ${formats.time.format(at * 1000)}` : "");
        const list = document.createElement("dl");
        for (const one of values) {
          const name = document.createElement("dt");
          name.textContent = one.label;
          const value = document.createElement("dd");
          value.textContent = `${number(one.values[idx], one.digits)}\u202f${one.unit}`;
          list.append(name, value);
        }
        tip.replaceChildren(day, list, ...(data.marks ?? []).filter((mark) => mark.x === at).map((mark) => Object.assign(document.createElement("p"), { textContent: mark.label })));
        const x = u.valToPos(at, "x");
        const onLeft = x > u.over.clientWidth / 2;
        tip.style.transform = `translate(${Math.max(0, Math.min(u.over.clientWidth - tip.offsetWidth, onLeft ? x - tip.offsetWidth - 12 : x + 12))}px, 4px)`;
      },
    },
  };
}

// One finger reads the values, two fingers zoom and move the period.
function touch() {
  const fingers = new Map();
  let grip;
  const spread = () => { const [a, b] = [...fingers.values()]; return { from: Math.min(a, b), to: Math.max(a, b) }; };
  return {
    hooks: {
      init: (u) => {
        const place = (event) => event.clientX - u.over.getBoundingClientRect().left;
        const limits = () => [u.data[0][0], u.data[0].at(-1)];
        u.over.addEventListener("pointerdown", (event) => {
          if (event.pointerType !== "touch") return;
          fingers.set(event.pointerId, place(event));
          if (fingers.size !== 2) return;
          const { from, to } = spread();
          grip = { from: u.posToVal(from, "x"), to: u.posToVal(Math.max(to, from + 20), "x") };
        });
        u.over.addEventListener("pointermove", (event) => {
          if (!fingers.has(event.pointerId)) return;
          fingers.set(event.pointerId, place(event));
          if (fingers.size === 1) { u.setCursor({ left: place(event), top: 10 }); return; }
          if (fingers.size !== 2 || !grip) return;
          const { from, to } = spread();
          const perPixel = (grip.to - grip.from) / Math.max(20, to - from);
          const [first, last] = limits();
          const min = Math.max(first, grip.from - from * perPixel);
          const max = Math.min(last, grip.from + (u.over.clientWidth - from) * perPixel);
          if (max - min >= 2 * DAY_S) u.setScale("x", { min, max });
        });
        for (const name of ["pointerup", "pointercancel"]) u.over.addEventListener(name, (event) => { fingers.delete(event.pointerId); grip = undefined; });
      },
    },
  };
}

function legend(figure, data, numbers) {
  const list = document.createElement("div");
  list.className = "chart__legend";
  list.setAttribute("aria-hidden", "true");
  data.series.forEach((one, i) => {
    if (one.kind === "band" && data.series[i - 1]?.kind === "band") return;
    const key = document.createElement("span");
    key.className = "chart__key";
    const swatch = document.createElement("span");
    swatch.className = `chart__swatch chart__swatch--${one.kind}`;
    swatch.style.color = `var(--series-${numbers[i] + 1})`;
    key.append(swatch, one.label);
    list.append(key);
  });
  figure.append(list);
}

function resetButton(figure, u, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small chart__reset";
  button.textContent = figure.dataset.reset;
  button.hidden = true;
  button.addEventListener("click", () => u.setScale("x", { min: data.x[0], max: data.x.at(-1) }));
  figure.append(button);
  return button;
}

// The drawing on the colour of the page, with what it says above it.
function imageButton(figure, u, colours, font) {
  if (!figure.dataset.image) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small chart__image";
  button.textContent = figure.dataset.image;
  button.addEventListener("click", () => {
    const { canvas } = u.ctx;
    const head = 28 * devicePixelRatio;
    const sheet = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height + head });
    const pen = sheet.getContext("2d");
    pen.fillStyle = colours().sheet;
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.fillStyle = colours().ink;
    pen.font = font(12 * devicePixelRatio);
    pen.fillText([...figure.querySelectorAll(".chart__key")].map((key) => key.textContent).join(" · "), 8 * devicePixelRatio, 18 * devicePixelRatio);
    pen.drawImage(canvas, 0, head);
    sheet.toBlob((blob) => {
      const address = URL.createObjectURL(blob);
      Object.assign(document.createElement("a"), { href: address, download: "mitai.png" }).click();
      URL.revokeObjectURL(address);
    });
  });
  figure.append(button);
}

function say(canvas, text) {
  const message = document.createElement("p");
  message.className = "chart__message";
  message.textContent = text;
  canvas.replaceChildren(message);
}

// What a doctor should see stands between the sentence and the drawing.
function notice(figure, text) {
  const shown = figure.querySelector("[data-chart-caution]").content.firstElementChild.cloneNode(true);
  shown.querySelector(".notice__text p").textContent = text;
  return shown;
}

function plot(figure, canvas, data) {
  const numbers = colourNumbers(data.series);
  let colours = palette(6);
  const font = (size) => `${size}px ${getComputedStyle(document.body).fontFamily}`;
  const keys = [...new Set(data.series.map((one) => one.scale))];
  const unit = (key) => data.series.find((one) => one.scale === key).unit;
  const margin = data.series.some((one) => one.kind === "bars") ? DAY_S / 2 : 0;
  // One value alone, or a few of one day, would stretch seconds over the whole width.
  const scales = { x: { time: true, range: (_, from, to) => [Math.min(from, to - LEAST_DAYS * DAY_S) - margin, to + margin] } };
  for (const key of keys) scales[key] = scaleOf(key, data.series, data.lines ?? []);
  let reset;

  const rank = { band: 0, bars: 1, points: 2, line: 3 };
  const order = data.series.map((_, i) => i).sort((a, b) => rank[data.series[a].kind] - rank[data.series[b].kind]);
  const drawn = order.map((i) => data.series[i]);
  const hue = (i) => colours.series[numbers[order[i]]];
  const low = canvas.clientHeight < 200;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = font(12);
  const widthOf = (text) => Math.ceil(pen.measureText(text).width);

  const u = new uPlot({
    width: canvas.clientWidth,
    height: canvas.clientHeight,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
    padding: [10, keys.length > 1 ? 0 : 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8, width: 2, stroke: () => colours.sheet, fill: (_, i) => hue(i - 1).full }, drag: { x: true, y: false, dist: 8 } },
    scales,
    axes: [
      { stroke: () => colours.soft, font: font(12), grid: { show: false }, ticks: { stroke: () => colours.line, width: 1, size: 5 }, gap: 4, size: 32, space: 64, values: timeLabels },
      ...keys.slice(0, 2).map((key, i) => ({
        scale: key, side: i ? 1 : 3, stroke: () => colours.soft, font: font(12), grid: { show: !i, stroke: () => colours.line, width: 1 }, ticks: { show: false }, gap: 6, space: low ? 26 : 44,
        size: (_, values) => 10 + Math.max(20, ...(values ?? []).map(widthOf)),
        values: (_, splits, axis, space, step) => splits.map((value, n) => {
          const places = (String(step).split(".")[1] ?? "").length;
          return n === splits.length - 1 ? `${number(value, places)}\u202f${unit(key)}` : number(value, places);
        }),
      })),
    ],
    series: [{}, ...drawn.map((one, i) => ({ label: one.label, scale: one.scale, ...shape(one, () => hue(i), data.x.length, drawn.some((other) => other.kind === "line" && other.scale === one.scale)) }))],
    bands: bandsOf(drawn, (i) => hue(i).wash),
    plugins: [tooltip(data), touch()],
    hooks: {
      draw: [eventMarks(data.marks ?? [], () => colours), goalLines(data.lines ?? [], () => colours, font)],
      setScale: [(self, key) => { if (key === "x" && reset) reset.hidden = self.scales.x.min <= data.x[0] && self.scales.x.max >= data.x.at(-1); }],
    },
  }, [data.x, ...drawn.map((one) => one.values)], canvas);
  reset = resetButton(figure, u, data);
  legend(figure, data, numbers);
  imageButton(figure, u, () => colours, font);

  const repaint = () => { colours = palette(6); u.redraw(false, true); };
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const resized = new ResizeObserver(() => {
    if (!figure.isConnected) { leave(); return; }
    if (canvas.clientWidth) u.setSize({ width: canvas.clientWidth, height: canvas.clientHeight });
  });
  const leave = () => {
    resized.disconnect();
    scheme.removeEventListener("change", repaint);
    document.removeEventListener("mitai:theme", repaint);
    u.destroy();
  };
  scheme.addEventListener("change", repaint);
  document.addEventListener("mitai:theme", repaint);
  resized.observe(canvas);
  leaving.set(figure, leave);
}

const leaving = new WeakMap(); // how to end the drawing of a figure, before it is drawn anew

export async function draw(figure, modules) {
  const canvas = figure.querySelector("[data-chart-canvas]");
  const [answer] = await Promise.all([fetch(figure.dataset.src, { headers: { Accept: "application/json" } }), loadLibrary(modules)]).catch(() => []);
  if (!answer?.ok || answer.redirected) { // redirected: to the login
    answer?.body?.cancel(); // an answer nobody reads would keep its connection
    say(canvas, figure.dataset.error);
    return;
  }
  const data = await answer.json();
  if (!figure.isConnected) return;
  leaving.get(figure)?.();
  leaving.delete(figure);
  canvas.replaceChildren();
  figure.querySelector(".chart__reset")?.remove();
  figure.querySelector(".chart__legend")?.remove();
  figure.querySelector(".chart__image")?.remove();
  figure.dataset.drawn = "";
  figure.querySelectorAll(".notice").forEach((shown) => shown.remove());
  canvas.before(...(data.cautions ?? []).map((text) => notice(figure, text)));
  const drawable = data.series.some((one) => one.values.some((value) => value != null));
  figure.querySelector("[data-chart-sentence]").textContent = drawable ? data.sentence : "";
  if (drawable) plot(figure, canvas, data);
  else say(canvas, data.sentence);
}
