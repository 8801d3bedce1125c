import fc from 'fast-check'
import { Netmask as Replaced } from 'netmask'
import { expect, test } from 'vitest'
import { Netmask } from './one-netmask.ts'

const address = fc.ipV4()
const ranges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.0.0.8/32',
  '255.255.255.255/32',
]

test('it says of every address what the library says that it stands in for', () => {
  fc.assert(
    fc.property(address, fc.constantFrom(...ranges), fc.nat(32), (one, range, bits) => {
      for (const of of [range, `${one}/${bits}`]) {
        for (const other of [one, '10.255.255.255', '172.31.0.1', '192.0.0.8', '0.1.2.3']) {
          expect(new Netmask(of).contains(other), `${of} ${other}`).toBe(new Replaced(of).contains(other))
        }
      }
    }),
  )
})
