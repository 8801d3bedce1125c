import type { Words } from './words.ts'

const dayMs = 86_400_000

/** Days between two moments by the calendar of this device: 1 for yesterday evening seen this morning. */
export function daysBetween(earlier: number, later: number): number {
  const start = new Date(earlier)
  const end = new Date(later)
  const startDay = Date.UTC(start.getFullYear(), start.getMonth(), start.getDate())
  const endDay = Date.UTC(end.getFullYear(), end.getMonth(), end.getDate())
  return Math.round((endDay - startDay) / dayMs)
}

/** `Intl` objects cost more to make than to use, and there are hundreds of times on one screen. */
export class Formats {
  readonly #language: string
  readonly #words: Words
  readonly #time: Intl.DateTimeFormat
  readonly #weekday: Intl.DateTimeFormat
  readonly #shortWeekday: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #dayAndYear: Intl.DateTimeFormat
  readonly #shortDay: Intl.DateTimeFormat
  readonly #moment: Intl.DateTimeFormat
  readonly #number: Intl.NumberFormat

  constructor(language: string, words: Words) {
    this.#language = language
    this.#words = words
    this.#time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' })
    this.#weekday = new Intl.DateTimeFormat(language, { weekday: 'long' })
    this.#shortWeekday = new Intl.DateTimeFormat(language, { weekday: 'short' })
    this.#day = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' })
    this.#dayAndYear = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', year: 'numeric' })
    this.#shortDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'numeric', year: '2-digit' })
    this.#moment = new Intl.DateTimeFormat(language, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    })
    this.#number = new Intl.NumberFormat(language)
  }

  /** The hour and minute. */
  time(at: number): string {
    return this.#time.format(at)
  }

  /** A day as a heading between messages: Today, Yesterday, Friday, 3 May 2026. */
  day(at: number, now: number): string {
    const days = daysBetween(at, now)
    if (days === 0) return this.#words.date.today
    if (days === 1) return this.#words.date.yesterday
    if (days > 1 && days < 7) return capital(this.#weekday.format(at), this.#language)
    const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
    return capital((sameYear ? this.#day : this.#dayAndYear).format(at), this.#language)
  }

  /** A moment in a list, as short as it stays clear: 14:03, Fri, 03/05/26. */
  brief(at: number, now: number): string {
    const days = daysBetween(at, now)
    if (days === 0) return this.#time.format(at)
    if (days === 1) return this.#words.date.yesterday
    if (days > 1 && days < 7) return this.#shortWeekday.format(at)
    return this.#shortDay.format(at)
  }

  /** A day with its hour, for what has a deadline. */
  moment(at: number): string {
    return this.#moment.format(at)
  }

  number(value: number): string {
    return this.#number.format(value)
  }

  /** Bytes as kB, MB or GB, of a thousand each, as phones and shops count them. */
  size(bytes: number): string {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
    const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
    const unit = units[step] ?? 'byte'
    return new Intl.NumberFormat(this.#language, {
      style: 'unit',
      unit,
      // The short form of a byte has no plural.
      unitDisplay: step === 0 ? 'long' : 'short',
      maximumFractionDigits: step > 1 ? 1 : 0,
    }).format(bytes / 1000 ** step)
  }
}

/** Some languages write weekdays small; at the head of a line they still start tall. */
function capital(text: string, language: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 32)
  return first.toLocaleUpperCase(language) + text.slice(first.length)
}
