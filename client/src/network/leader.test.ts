import { afterEach, expect, test, vi } from 'vitest'
import { Leadership } from './leader.ts'
import type { LeaderPlatform } from './leader.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 30_000 }

const open: Leadership[] = []
let counter = 0

afterEach(() => {
  vi.useRealTimers()
  for (const one of open.splice(0)) one.close()
})

interface Tab {
  readonly leadership: Leadership
  readonly terms: AbortSignal[]
  isVisible: boolean
  /** A frozen tab's timers stand still: its heartbeat is not heard. */
  isFrozen: boolean
  show(): void
}

function makeTab(name: string): Tab {
  const shown = new Set<() => void>()
  const terms: AbortSignal[] = []
  const tab = { isVisible: false, isFrozen: false, terms, show: () => shown.forEach((run) => run()) }
  const platform: LeaderPlatform = {
    locks: navigator.locks,
    openChannel: (channel) => {
      const made = new BroadcastChannel(channel)
      const post = made.postMessage.bind(made)
      made.postMessage = (message: unknown) => {
        if (!tab.isFrozen) post(message)
      }
      return made
    },
    isVisible: () => tab.isVisible,
    onShown: (listener) => {
      shown.add(listener)
      return () => shown.delete(listener)
    },
  }
  const lead = async (deposed: AbortSignal): Promise<void> => {
    terms.push(deposed)
    await new Promise<void>((resolve) => deposed.addEventListener('abort', () => resolve(), { once: true }))
  }
  const leadership = new Leadership(name, lead, platform)
  open.push(leadership)
  return Object.assign(tab, { leadership })
}

const freshName = (): string => `test-leader-${process.pid}-${counter++}`

test('[LD1] one tab leads, and the next one when it closes', async () => {
  const name = freshName()
  const first = makeTab(name)
  await expect.poll(() => first.leadership.isLeading, soon).toBe(true)
  const second = makeTab(name)
  second.isVisible = true
  expect(second.leadership.isLeading).toBe(false)
  first.leadership.close()
  expect(first.terms[0]?.aborted).toBe(true)
  await expect.poll(() => second.leadership.isLeading, soon).toBe(true)
})

test('[LD2] a visible tab takes over from a silent one, which stops all that it did', async () => {
  const name = freshName()
  const first = makeTab(name)
  await expect.poll(() => first.leadership.isLeading, soon).toBe(true)
  const second = makeTab(name)
  first.isFrozen = true
  second.isVisible = true
  await expect.poll(() => second.leadership.isLeading, soon).toBe(true)
  await expect.poll(() => first.leadership.isLeading, soon).toBe(false)
  expect(first.terms[0]?.aborted).toBe(true)
  expect(second.terms).toHaveLength(1)
}, 12_000)

test('[LD3] a hidden tab leaves a silent leader alone until it is shown', async () => {
  const name = freshName()
  const first = makeTab(name)
  await expect.poll(() => first.leadership.isLeading, soon).toBe(true)
  const second = makeTab(name)
  first.isFrozen = true
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] })
  second.show()
  expect(second.leadership.isLeading).toBe(false)
  second.isVisible = true
  second.show()
  await expect.poll(() => second.leadership.isLeading, soon).toBe(true)
})
