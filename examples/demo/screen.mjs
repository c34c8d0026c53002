import { styleText } from 'node:util'

const NARROWEST = 60
const WIDEST = 110
const WIDTH_WITHOUT_TERMINAL = 100
const CLEAR_LINE = '\r\u001B[2K'

/** What the demo prints, as wide as the terminal, in colour where there is one. With `silent`, progress only. */
export function createScreen({ silent }) {
  const { stdout, stderr } = process
  const columns = stdout.isTTY ? (stdout.columns ?? WIDTH_WITHOUT_TERMINAL) : WIDTH_WITHOUT_TERMINAL
  const width = Math.min(Math.max(columns, NARROWEST), WIDEST)
  const isPlain = !stdout.isTTY || Boolean(process.env.NO_COLOR) || process.env.TERM === 'dumb'
  const style = (format, text) => (isPlain ? text : styleText(format, text, { validateStream: false }))
  const print = (text = '') => {
    if (!silent) stdout.write(`${text}\n`)
  }

  return {
    heading: (text) => print(style('bold', text)),
    line: (text = '') => print(text),

    /** A step's title with its seconds at the right edge. */
    title(number, text, seconds) {
      const time = `${seconds.toFixed(1)} s`
      const title = shorten(`${number}  ${text}`, width - time.length - 1)
      print()
      print(`${style('bold', fill(title, width - time.length))}${style('dim', time)}`)
    },

    /**
     * Rows of cells below a title. The columns share the width: each takes what it needs, and what is missing is cut from
     * the widest.
     */
    table(rows, { head = false } = {}) {
      const widths = squeeze(columnWidths(rows), width - 3)
      for (const [number, row] of rows.entries()) {
        const cells = row.map((cell, column) => fill(shorten(cell, widths[column]), widths[column]))
        const line = `   ${cells.join('  ').trimEnd()}`
        print(head && number === 0 ? style('dim', line) : line)
      }
    },

    good: (text) => print(style('green', text)),
    bad: (text) => stderr.write(`${style('red', text)}\n`),

    /** One line that is written over, on a terminal only; `null` takes it away. */
    progress(text) {
      if (stderr.isTTY) stderr.write(text === null ? CLEAR_LINE : `${CLEAR_LINE}   ${text}`)
    },
  }
}

function columnWidths(rows) {
  return rows[0].map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column]))))
}

/** Narrows the widest column until all fit, with two blanks between them. */
function squeeze(widths, total) {
  const fitted = [...widths]
  let excess = fitted.reduce((sum, one) => sum + one + 2, -2) - total
  for (; excess > 0; excess--) fitted[fitted.indexOf(Math.max(...fitted))] -= 1
  return fitted
}

function fill(text, width) {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

function shorten(text, width) {
  if (displayWidth(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (displayWidth(kept + character) > width - 1) break
    kept += character
  }
  return `${kept}…`
}

/** Columns a text takes: none for combining marks, two for East Asian wide characters. */
function displayWidth(text) {
  let width = 0
  for (const character of text) {
    if (/\p{Mn}/u.test(character)) continue
    width += /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/.test(
      character,
    )
      ? 2
      : 1
  }
  return width
}
