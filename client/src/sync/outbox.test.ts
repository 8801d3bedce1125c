import { describe, expect, test } from 'vitest'
import { CliqueError, bytesToId, maxItemSize, maxSealedRecordSize } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import type { Receipt } from '@clique/relay/protocol'
import { SetAside, appendAll } from './outbox.ts'

interface Part {
  readonly name: string
  readonly bytes: Uint8Array
}

const mailbox = bytesToId('mailbox', new Uint8Array(32))
const partsOf = (...names: string[]): Part[] =>
  names.map((name) => ({ name, bytes: new TextEncoder().encode(name) }))

/** Sessions with one relay, one after the other; what each of them says to an append is given. */
class Relay {
  readonly setAside = new SetAside()
  readonly batches: string[][] = []
  readonly stored: string[] = []
  readonly #judge: (batch: readonly string[]) => 'take' | 'refuse' | 'end' | 'busy'

  constructor(judge: (batch: readonly string[]) => 'take' | 'refuse' | 'end' | 'busy') {
    this.#judge = judge
  }

  /** One session. Null, or the code that it ended or paused with. */
  async session(parts: readonly Part[]): Promise<string | null> {
    let isOver = false
    const append = (_: unknown, items: readonly Uint8Array[]): Promise<Receipt> => {
      if (isOver) return Promise.reject(new CliqueError('relay-message'))
      const batch = items.map((item) => new TextDecoder().decode(item))
      this.batches.push(batch)
      const verdict = this.#judge(batch)
      isOver = verdict === 'end'
      if (verdict === 'end') return Promise.reject(new CliqueError('relay-message'))
      if (verdict === 'refuse') return Promise.reject(new CliqueError('relay-unpadded'))
      if (verdict === 'busy') return Promise.reject(new CliqueError('relay-quota'))
      return Promise.resolve({ leaf: { first: this.stored.length } } as Receipt)
    }
    const session = {
      append,
      get isOver() {
        return isOver
      },
    }
    try {
      await appendAll(parts, {
        session,
        mailbox,
        keepUntil: 0,
        setAside: this.setAside,
        nameOf: ({ name }) => name,
        onStored: (stored) => {
          this.stored.push(...stored.map(({ name }) => name))
          return Promise.resolve()
        },
      })
      return null
    } catch (error) {
      if (error instanceof CliqueError) return error.code
      throw error
    }
  }
}

describe('the outbox', () => {
  test('[OUT1] sets aside what is refused and brings the rest', async () => {
    const relay = new Relay((batch) => (batch.includes('bad') ? 'refuse' : 'take'))
    expect(await relay.session(partsOf('a', 'bad', 'b'))).toBe(null)
    expect(relay.stored).toEqual(['a', 'b'])
    expect(relay.setAside.trouble).toBe('relay-unpadded')
    relay.batches.length = 0
    expect(await relay.session(partsOf('bad', 'c'))).toBe(null)
    expect(relay.batches).toEqual([['c']])
  })

  test('[OUT2] finds out, over some sessions, what it is that each of them ends over', async () => {
    const relay = new Relay((batch) => (batch.includes('bad') ? 'end' : 'take'))
    const left = () => partsOf('a', 'bad', 'b', 'c').filter(({ name }) => !relay.stored.includes(name))
    expect(await relay.session(left())).toBe('relay-message')
    expect(relay.setAside.trouble).toBe(null)
    expect(await relay.session(left())).toBe('relay-message')
    expect(relay.stored).toEqual(['a'])
    expect(await relay.session(left())).toBe(null)
    expect(relay.stored).toEqual(['a', 'b', 'c'])
    expect(relay.setAside.has('bad')).toBe(true)
    expect(relay.setAside.trouble).toBe('relay-message')
  })

  test('[OUT3] keeps what is refused for now', async () => {
    const relay = new Relay(() => 'busy')
    expect(await relay.session(partsOf('a', 'b'))).toBe('relay-quota')
    expect(relay.setAside.trouble).toBe(null)
    expect(relay.batches).toEqual([['a', 'b']])
  })

  test('[OUT4] does not send what is larger than any relay takes', async () => {
    const relay = new Relay(() => 'take')
    const large = { name: 'large', bytes: new Uint8Array(limits.itemSize + 1) }
    expect(await relay.session([large, ...partsOf('a')])).toBe(null)
    expect(relay.batches).toEqual([['a']])
    expect(relay.setAside.trouble).toBe('relay-item-size')
  })

  test('[OUT5] nothing that a clique makes is larger than a relay takes', () => {
    expect(maxItemSize).toBe(limits.itemSize)
    expect(maxSealedRecordSize).toBeLessThanOrEqual(limits.itemSize)
  })
})
