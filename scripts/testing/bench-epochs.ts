import { parseArgs } from 'node:util'
import { epochRow, totalMs } from '../../crypto/src/epochs/removal.bench.ts'
import type { EpochRow, Step } from '../../crypto/src/epochs/removal.bench.ts'

/**
 * `npm run bench:epochs -- --devices 5,30`: a member is removed from cliques of so many devices. Time until the item is
 * made and until another member sends under the new keys, and bytes that everybody is sent, beside the remove commit of
 * ts-mls and its commit with a welcome, in turns in one run.
 */
const { values } = parseArgs({ options: { devices: { type: 'string', default: '5,30,150,450' } } })
const sizes = values.devices.split(',').map(Number)
if (sizes.some((size) => !Number.isSafeInteger(size) || size < 3))
  throw new Error('--devices takes numbers from 3')

const rows: EpochRow[] = []
for (const size of sizes) {
  rows.push(await epochRow(size))
  console.log(`${size} devices: measured`)
}

const inCells = ({ make, take, bytes }: Step): string =>
  `${make.toFixed(1)} + ${take.toFixed(1)} ms, ${(bytes / 1024).toFixed(1)} KiB`
const ratios = ({ clique, commit }: EpochRow): readonly [time: number, bytes: number] => [
  totalMs(clique) / totalMs(commit),
  clique.bytes / commit.bytes,
]
console.log(
  '\n| devices | Clique: made + taken in | ts-mls, remove commit | ts-mls, adding with a welcome | time | bytes |',
)
console.log('| --- | --- | --- | --- | --- | --- |')
for (const row of rows) {
  const [time, bytes] = ratios(row)
  const cells = [row.devices, inCells(row.clique), inCells(row.commit), inCells(row.welcome)]
  console.log(`| ${[...cells, `${time.toFixed(2)} ×`, `${bytes.toFixed(2)} ×`].join(' | ')} |`)
}
const summary = rows.map((row) => {
  const [time, bytes] = ratios(row)
  return `${row.devices}: ${time.toFixed(2)} × the time, ${bytes.toFixed(2)} × the bytes`
})
console.log(`\nepochs after a removal against a remove commit of ts-mls 1.6.4: ${summary.join('; ')}`)
