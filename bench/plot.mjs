/** Line plots on two logarithmic axes as SVG: what the curves of a run need, and no more. */

const WIDTH = 640
const HEIGHT = 360
const LEFT = 72
const RIGHT = 150
const TOP = 36
const BOTTOM = 48
/** Told apart in print and by the colour-blind. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00']

/**
 * @param points `{ x, [series]: y }`, in the order of x
 * @param title what is shown; `x` and `y`: what the axes show, with units
 */
export function plot(points, { title, x, y }) {
  const series = Object.keys(points[0]).filter((name) => name !== 'x')
  const xs = points.map((point) => point.x)
  const ys = points.flatMap((point) => series.map((name) => point[name]))
  const across = scale(Math.min(...xs), Math.max(...xs), LEFT, WIDTH - RIGHT, false)
  const up = scale(Math.min(...ys), Math.max(...ys), HEIGHT - BOTTOM, TOP, true)
  const elements = [
    text(LEFT, 20, title, 'font-weight="bold"'),
    ...up.ticks.flatMap((tick) => [
      line(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick), '#ddd'),
      text(LEFT - 8, up.at(tick) + 4, short(tick), 'text-anchor="end"'),
    ]),
    ...xs.flatMap((value) => [
      line(across.at(value), HEIGHT - BOTTOM, across.at(value), HEIGHT - BOTTOM + 5, '#666'),
      text(across.at(value), HEIGHT - BOTTOM + 18, short(value), 'text-anchor="middle"'),
    ]),
    line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, '#666'),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x, 'text-anchor="middle"'),
    text(
      16,
      (TOP + HEIGHT - BOTTOM) / 2,
      y,
      `text-anchor="middle" transform="rotate(-90 16 ${(TOP + HEIGHT - BOTTOM) / 2})"`,
    ),
    ...series.flatMap((name, at) => {
      const colour = COLOURS[at % COLOURS.length]
      const places = points.map((point) => [across.at(point.x), up.at(point[name])])
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((place) => place.map(round).join(',')).join(' ')}"/>`,
        ...places.map(([px, py]) => `<circle cx="${round(px)}" cy="${round(py)}" r="3" fill="${colour}"/>`),
        line(WIDTH - RIGHT + 12, TOP + 8 + 20 * at, WIDTH - RIGHT + 32, TOP + 8 + 20 * at, colour, 2),
        text(WIDTH - RIGHT + 38, TOP + 12 + 20 * at, name),
      ]
    }),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>${escaped(title)}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${elements.join('\n')}
</svg>
`
}

/** A logarithmic scale from pixel to pixel; `whole` widens it to powers of ten. */
function scale(least, most, from, to, whole) {
  const low = whole ? Math.floor(Math.log10(least)) : Math.log10(least)
  const high = whole ? Math.ceil(Math.log10(most)) : Math.log10(most)
  const span = high - low || 1
  const ticks = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, at) => 10 ** (Math.ceil(low) + at))
  return { ticks, at: (value) => from + ((Math.log10(value) - low) / span) * (to - from) }
}

function line(x1, y1, x2, y2, colour, width = 1) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}" stroke-width="${width}"/>`
}

function text(x, y, content, attributes = '') {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(content)}</text>`
}

function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function round(value) {
  return Math.round(value * 10) / 10
}

/** 1 000 000 as 1M, 0.01 as 0.01. */
function short(value) {
  if (value >= 1_000_000) return `${round(value / 1_000_000)}M`
  if (value >= 1000) return `${round(value / 1000)}k`
  return String(Number(value.toPrecision(3)))
}
