import type { Page } from '@playwright/test'
import { findTraces, type Marker } from './markers.ts'

/** Fields of a message to or from the relay's signaling; all else would tell it something. */
const fields = new Set(['type', 'topic', 'topics', 'data', 'clients'])
/** Words that every message of y-webrtc and every WebRTC description holds: sealed, none of them is there to be found. */
const readable = ['announce', 'signal', 'candidate', 'fingerprint', 'IN IP4']

interface Frame {
  readonly address: string
  readonly way: 'sent' | 'received'
  readonly text: string
}

/** What a page says to the relay's `/signal` and hears from there, as the relay has it in memory. */
export class SignalTap {
  readonly #frames: Frame[] = []

  /** From now on: what is open already is not heard. */
  static on(page: Page): SignalTap {
    const tap = new SignalTap()
    page.on('websocket', (socket) => {
      const address = socket.url()
      if (new URL(address).pathname !== '/signal') return
      socket.on('framesent', ({ payload }) => tap.hear(address, 'sent', String(payload)))
      socket.on('framereceived', ({ payload }) => tap.hear(address, 'received', String(payload)))
    })
    return tap
  }

  hear(address: string, way: Frame['way'], text: string): void {
    this.#frames.push({ address, way, text })
  }

  /** Addresses with their tickets, in the order of their use. */
  get addresses(): string[] {
    return [...new Set(this.#frames.map(({ address }) => address))]
  }

  /** Names of rooms that this page entered. */
  get topics(): Set<string> {
    return new Set(this.#frames.filter(({ way }) => way === 'sent').flatMap(({ text }) => topicsOf(text)))
  }

  /** How many sealed messages passed. */
  get published(): number {
    return this.#frames.filter(({ text }) => text.includes('"publish"')).length
  }

  /** What the relay could read there. */
  faults(markers: readonly Marker[]): string[] {
    const pieces = this.#frames.map(({ way, text }, i) => ({
      where: `frame ${i}, ${way}`,
      bytes: Buffer.from(text),
    }))
    const traces = findTraces([...readable, ...markers], pieces)
    return [
      ...traces.map(({ marker, form, where }) => `${marker} (${form}) in ${where}`),
      ...this.#frames.flatMap(({ text }) => faultsOfShape(text)),
    ]
  }
}

function topicsOf(text: string): string[] {
  const { topics } = JSON.parse(text) as { topics?: string[] }
  return topics ?? []
}

function faultsOfShape(text: string): string[] {
  const message = JSON.parse(text) as Record<string, unknown>
  const unknown = Object.keys(message).filter((name) => !fields.has(name))
  const { type, data } = message
  const isSealed = typeof data === 'string' && /^[A-Za-z0-9+/]{40,}={0,2}$/.test(data)
  return [
    ...unknown.map((name) => `a field that tells something: ${name}`),
    ...(type === 'publish' && !isSealed ? [`published unsealed: ${text.slice(0, 80)}`] : []),
  ]
}
