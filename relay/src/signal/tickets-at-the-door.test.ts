import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { limits } from '../../protocol/index.ts'
import { startRelay } from '../relay.ts'
import type { RunningRelay } from '../relay.ts'
import { Device } from '../testing/device.ts'
import { TenantKeys } from '../testing/tenant-keys.ts'

/** A whole relay with its real port, in this process, so that its clock can be set. */
let folder: string
let relay: RunningRelay
let device: Device
const sockets: WebSocket[] = []

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  folder = mkdtempSync(join(tmpdir(), 'clique-relay-'))
  const options = {
    data: folder,
    port: 0,
    hosts: ['127.0.0.1'],
    app: null,
    stunPort: null,
    webRtcPort: null,
  } as const
  const more = { publicUrl: null, appUrl: null, maxStorage: null, readyJson: false } as const
  relay = await startRelay({ ...options, ...more }, pino({ level: 'silent' }))
  const link = await relay.claimLink()
  device = await Device.claim(relay.origin, link, new TenantKeys(1))
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await device.close()
  await relay.close()
  rmSync(folder, { recursive: true, force: true })
  vi.useRealTimers()
})

async function ticket(): Promise<string> {
  return (await device.ask({ kind: 'ticket' }, 'ticketed')).ticket
}

/** `open`, or the status with which the door was shut. */
async function knock(query: string): Promise<string | number> {
  const socket = new WebSocket(`${relay.origin.replace(/^http/, 'ws')}/signal${query}`)
  sockets.push(socket)
  return new Promise((resolve) => {
    socket.on('open', () => resolve('open'))
    socket.on('unexpected-response', (_request, answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    socket.on('error', () => undefined)
  })
}

test('[SG2] a ticket opens once, until its time is over', async () => {
  const good = await ticket()
  expect(await knock(`?ticket=${good}`)).toBe('open')
  expect(await knock(`?ticket=${good}`)).toBe(403)
  const [early, late] = [await ticket(), await ticket()]
  vi.setSystemTime(Date.now() + limits.ticketLife - 1)
  expect(await knock(`?ticket=${early}`)).toBe('open')
  vi.setSystemTime(Date.now() + 1)
  expect(await knock(`?ticket=${late}`)).toBe(403)
})

test('[SG2] what is no ticket opens nothing, and uses up none', async () => {
  const good = await ticket()
  const forged = `${good.startsWith('A') ? 'B' : 'A'}${good.slice(1)}`
  for (const query of [
    '',
    '?ticket=',
    `?ticket=${forged}`,
    `?ticket=${good.slice(1)}`,
    `?tickets=${good}`,
    '?ticket=%00',
  ]) {
    expect(await knock(query), query).toBe(403)
  }
  expect(await knock(`?ticket=${good}`)).toBe('open')
})

test('[TN3] what was given for an attestation ends with the capability: tickets, and pages that came by one', async () => {
  const [unused, used] = [await ticket(), await ticket()]
  expect(await knock(`?ticket=${used}`)).toBe('open')
  const page = sockets.at(-1)
  const closed = new Promise<void>((resolve) => page?.on('close', () => resolve()))
  const keys = new TenantKeys(1)
  await device.ask(keys.renew(device.facts.relay, 2), 'done')
  await device.ask(keys.prove(device.facts, 2), 'attested')
  await device.ask(keys.retire(device.facts.relay, 1), 'done')
  await closed
  expect(await knock(`?ticket=${unused}`)).toBe(403)
  expect(await knock(`?ticket=${await ticket()}`)).toBe('open')
})
