/** The result of a run as text. */
export function table({ machine, quick, keys, bars, details }) {
  const lines = [
    `Node.js ${machine.node.slice(1)}, OpenSSL ${machine.openssl}, ${machine.platform}, ${machine.processors} processors (${machine.processor}), ${machine.memoryGiB} GiB`,
    ...(quick ? ['Quick: few rounds and rows, not to be quoted.'] : []),
    '',
    `${'key'.padEnd(38)} ${'median'.padStart(8)}   ${'quartiles'.padEnd(15)} ${'bar'.padStart(5)}   milliseconds`,
  ]
  for (const [key, { median, low, high, ms }] of Object.entries(keys)) {
    const range = low === undefined ? '' : `${number(low)}–${number(high)}`
    const bar = bars[key] === undefined ? '' : `≤${bars[key].bar}`
    const mark = bars[key] === undefined ? ' ' : bars[key].holds ? '✓' : bars[key].missed ? '✗' : '~'
    const sides =
      ms === undefined
        ? ''
        : Object.entries(ms)
            .map(([side, time]) => `${side} ${number(time)}`)
            .join(', ')
    lines.push(
      `${key.padEnd(38)} ${number(median).padStart(8)}   ${range.padEnd(15)} ${bar.padStart(5)} ${mark} ${sides}`,
    )
  }
  for (const [name, plan] of Object.entries(details.explain ?? {})) lines.push('', `EXPLAIN ${name}:`, ...plan)
  return lines.join('\n')
}

function number(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
}
