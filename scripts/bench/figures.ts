/** What a figure is held against; a figure without one is there to be known. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number }

interface FigureFacts {
  readonly what: string
  /** The peer with its version, or the limit. */
  readonly against: string
}

/** A ratio of two medians of one run, or a size or count. No time stands alone: machines differ. */
export interface Measured extends FigureFacts {
  readonly kind: 'measured'
  readonly value: number
  readonly unit: 'ratio' | 'KiB' | 'bytes' | 'round trips' | 'tasks'
  readonly goal: Goal | null
  /** How often both sides were measured; the medians are told. */
  readonly runs: number
  /** What the ratio is made of, for this machine. */
  readonly detail: string
}

/** What could not be measured here: never told as reached. */
export interface Skipped extends FigureFacts {
  readonly kind: 'skipped'
  readonly why: string
}

export type Figure = Measured | Skipped

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  if (upper === undefined) throw new Error('the median of nothing')
  const lower = sorted[middle - 1]
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}

/** Of two series that were measured in turns. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  const divisor = median(theirs)
  if (!(divisor > 0)) throw new Error('a ratio to nothing')
  return median(ours) / divisor
}

export type Outcome = 'reached' | 'missed' | 'skipped' | 'known'

export function outcomeOf(figure: Figure): Outcome {
  if (figure.kind === 'skipped') return 'skipped'
  const { goal, value } = figure
  if (goal === null) return 'known'
  const isReached = 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
  return isReached ? 'reached' : 'missed'
}

const words: Readonly<Record<Outcome, string>> = {
  reached: 'reached',
  missed: '**missed**',
  skipped: '**skipped**',
  known: '',
}

/** A Markdown table, one row a figure. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { what, against } = figure
    const outcome = words[outcomeOf(figure)]
    const cells =
      figure.kind === 'skipped'
        ? [what, against, '', '', `${outcome}: ${figure.why}`, '']
        : [what, against, amount(figure.value, figure.unit), goalText(figure), outcome, String(figure.runs)]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return [
    '| what | against | measured | goal | outcome | runs |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function goalText({ goal, unit }: Measured): string {
  if (goal === null) return ''
  return 'atLeast' in goal ? `≥ ${amount(goal.atLeast, unit)}` : `≤ ${amount(goal.atMost, unit)}`
}

function amount(value: number, unit: Measured['unit']): string {
  if (unit === 'ratio') return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ×`
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${value === 1 ? unit.replace(/s$/, '') : unit}`
}

const [begin, end] = ['<!-- table -->', '<!-- end of table -->']

/** Puts a new table into a document between its two marks; what people wrote around it stays. */
export function replaceTable(document: string, table: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from === -1 || to < from) throw new Error('the document has no place for a table')
  return `${document.slice(0, from + begin.length)}\n\n${table}\n${document.slice(to)}`
}
