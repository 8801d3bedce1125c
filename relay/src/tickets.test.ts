import { expect, it } from 'vitest'
import { limits } from '../protocol/index.ts'
import type { TenantId } from './storage/storage.ts'
import { Tickets } from './tickets.ts'

const [anna, other] = ['a', 'b'] as unknown as readonly [TenantId, TenantId]

it('[TN5] a tenant has a limited number of unused tickets, and room again when some are used or over', () => {
  let counter = 0
  const tickets = new Tickets((n) => {
    const bytes = new Uint8Array(n)
    new DataView(bytes.buffer).setUint32(0, ++counter)
    return bytes
  })
  const granted = Array.from({ length: limits.ticketsPerTenant }, () => tickets.grant(anna, 0))
  expect(granted).not.toContain(null)
  expect(tickets.grant(anna, 0)).toBeNull()
  expect(tickets.grant(other, 0)).not.toBeNull()
  expect(tickets.use(granted[0]?.ticket ?? '', 1)).toBe(anna)
  expect(tickets.use(granted[0]?.ticket ?? '', 1)).toBeNull()
  expect(tickets.grant(anna, 1)).not.toBeNull()
  expect(tickets.grant(anna, 1)).toBeNull()
  expect(tickets.use(granted[1]?.ticket ?? '', limits.ticketLife)).toBeNull()
  expect(tickets.grant(anna, limits.ticketLife)).not.toBeNull()
})
