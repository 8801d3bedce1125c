import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { AddressPace } from '../address-pace.ts'
import { serverLimits } from '../server-limits.ts'
import { OuterAddress, seenFromOutside } from './outer-address.ts'
import { addressToBytes, answerStun, xorMappedAddress } from './stun-message.ts'
import { openStun, stunPace } from './stun-port.ts'

/** RFC 5769, 2.1 to 2.3: a request of ICE, and answers over IPv4 and IPv6 to the same transaction. */
const transaction = '2112a442b7e7a701bc34d686fa87dfae'
const sampleRequest = Buffer.from(
  `00010058${transaction}` +
    '802200105354554e207465737420636c69656e74' +
    '002400046e0001ff' +
    '80290008932ff9b151263b36' +
    '000600096576746a3a68367659202020' +
    '000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2' +
    '80280004e57a3bcf',
  'hex',
)
const sampleMapped = { ipv4: '0001a147e112a643', ipv6: '0002a1470113a9faa5d3f179bc25f4b5bed2b9d9' }
const sender = { address: '192.0.2.1', port: 32_853 }

const attribute = (type: number, value: Uint8Array): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}
const request = (...attributes: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(attributes)
  const head = Buffer.from(`00010000${transaction}`, 'hex')
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, body])
}
const bare = request()

describe('a STUN answer', () => {
  it('[SN1] names the address as RFC 5769 has it, IPv4 and IPv6', () => {
    const id = Buffer.from(transaction, 'hex')
    expect(xorMappedAddress(sender, id)?.toString('hex')).toBe(sampleMapped.ipv4)
    const six = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }
    expect(xorMappedAddress(six, id)?.toString('hex')).toBe(sampleMapped.ipv6)
    const answer = answerStun(bare, sender)
    expect(Buffer.from(answer ?? []).toString('hex')).toBe(
      `0101000c${transaction}00200008${sampleMapped.ipv4}`,
    )
    expect(answerStun(bare, six)?.length).toBe(bare.length + 24)
    // A socket for both kinds writes an IPv4 address like this.
    expect(answerStun(bare, { ...sender, address: '::ffff:192.0.2.1' })).toEqual(answer)
  })

  it('[SN2] refuses what must be understood and is not, by its name, as the request of RFC 5769', () => {
    expect(sampleRequest.length).toBe(108)
    expect(Buffer.from(answerStun(sampleRequest, sender) ?? []).toString('hex')).toBe(
      `01110010${transaction}0009000400000414000a000200240000`,
    )
    const many = request(...Array.from({ length: 12 }, (_, i) => attribute(0x7000 + i, Buffer.alloc(0))))
    expect(answerStun(many, sender)?.length).toBe(20 + 8 + 4 + 8)
  })

  it('[SN2] takes what it knows, and passes over what it may', () => {
    for (const known of [
      attribute(0x0006, Buffer.from('anna')),
      attribute(0x8022, Buffer.from('any client')),
      attribute(0xc057, Buffer.alloc(3)),
    ]) {
      expect(answerStun(request(known), sender)?.[0]).toBe(0x01)
      expect(answerStun(request(known), sender)?.[1]).toBe(0x01)
    }
    // Nothing after a signature counts.
    const signed = request(attribute(0x0008, Buffer.alloc(20)), attribute(0x0024, Buffer.alloc(4)))
    expect(answerStun(signed, sender)?.[1]).toBe(0x01)
  })

  it('[SN3] is none for what is malformed, cut, forged or no request', () => {
    const damage = (at: number, value: number): Buffer => {
      const copy = Buffer.from(sampleRequest)
      copy[at] = value
      return copy
    }
    const packets: Buffer[] = [
      Buffer.alloc(0),
      Buffer.alloc(20),
      Buffer.from('GET / HTTP/1.1\r\n\r\n\r\n'),
      bare.subarray(0, 19),
      Buffer.concat([bare, Buffer.alloc(4)]),
      // Another cookie, an answer, an indication, another method, the first two bits.
      damage(4, 0x20),
      damage(0, 1),
      damage(1, 0x11),
      damage(1, 3),
      damage(0, 0x80),
      // The fingerprint does not fit the packet any more.
      damage(25, 0x55),
      damage(107, 0),
      // An attribute that is longer than the packet, a fingerprint that is not last or too short, too many.
      request(attribute(0x8022, Buffer.alloc(4))).fill(0xff, 22, 24),
      request(attribute(0x8028, Buffer.alloc(4)), attribute(0x8022, Buffer.alloc(0))),
      request(attribute(0x8028, Buffer.alloc(2))),
      request(...Array.from({ length: 17 }, () => attribute(0x8022, Buffer.alloc(0)))),
      request(attribute(0x8022, Buffer.alloc(600))),
    ]
    for (const packet of packets) expect(answerStun(packet, sender), packet.toString('hex')).toBeNull()
    for (let size = 0; size < sampleRequest.length; size++) {
      expect(answerStun(sampleRequest.subarray(0, size), sender)).toBeNull()
    }
  })

  it('[SN4] is at most 24 bytes longer than what it answers', () => {
    const six = { address: 'fe80::1%eth0', port: 1 }
    for (const packet of [bare, sampleRequest, request(attribute(0x7000, Buffer.alloc(0)))]) {
      for (const from of [sender, six]) {
        expect(answerStun(packet, from)?.length).toBeLessThanOrEqual(packet.length + 24)
      }
    }
  })

  it.each([
    ['1.2.3.4', '01020304'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['fd00::2:0', 'fd000000000000000000000000020000'],
    ['1.2.3.256', null],
    ['1::2::3', null],
    ['1:2:3:4:5:6:7', null],
    ['1:2:3:4:5:6:7::8', null],
    ['12345::', null],
    ['localhost', null],
  ])('[SN1] reads addresses: %s', (text, hex) => {
    expect(addressToBytes(text)?.toString('hex') ?? null).toBe(hex)
  })
})

describe('the pace of answers', () => {
  it('[SN5] is bounded for one address, one household of IPv6, and all together', () => {
    const pace = new AddressPace(stunPace)
    const granted = (address: (i: number) => string, count: number, now: number): number =>
      Array.from({ length: count }, (_, i) => pace.spend(address(i), now)).filter(Boolean).length
    expect(granted(() => '192.0.2.1', 500, 0)).toBe(serverLimits.stunBurst)
    expect(granted(() => '::ffff:192.0.2.1', 500, 1000)).toBe(serverLimits.stunPerSecond)
    expect(granted((i) => `2001:db8::${i.toString(16)}`, 500, 0)).toBe(serverLimits.stunBurst)
    expect(granted((i) => `10.${i >> 8}.${i & 255}.1`, 60_000, 100_000)).toBe(serverLimits.stunAllBurst)
    expect(pace.spend('nowhere', 0)).toBe(false)
  })
})

describe('the STUN port', () => {
  const closers: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close()
  })

  async function client(): Promise<{ socket: Socket; port: number; next: () => Promise<Buffer> }> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    closers.push(() => void socket.close())
    const next = (): Promise<Buffer> => new Promise((resolve) => socket.once('message', resolve))
    return { socket, port: socket.address().port, next }
  }

  it('[SN6] answers over IPv4 and IPv6 on one port, and garbage before does not disturb it', async () => {
    const stun = await openStun(['127.0.0.1', '::1'], 0, () => 0)
    closers.push(() => stun.close())
    const { socket, port, next } = await client()
    const answer = next()
    socket.send(Buffer.alloc(0), stun.port, '127.0.0.1')
    socket.send(Buffer.alloc(2000, 1), stun.port, '127.0.0.1')
    socket.send(bare, stun.port, '127.0.0.1')
    expect(await answer).toEqual(Buffer.from(answerStun(bare, { address: '127.0.0.1', port }) ?? []))
  })

  it('[SN6] takes a host by its name', async () => {
    const stun = await openStun(['localhost'], 0, () => 0)
    closers.push(() => stun.close())
    expect(stun.port).toBeGreaterThan(0)
  })

  it('[R7] a port in use is told, and nothing is left open', async () => {
    const { port } = await client()
    await expect(openStun(['127.0.0.1'], port, () => 0)).rejects.toThrow(`port ${port} is busy`)
  })

  it('[SN7] tells who lives with the relay its outer address, with their own port', async () => {
    const stun = await openStun(
      ['127.0.0.1'],
      0,
      () => 0,
      () => '198.51.100.7',
    )
    closers.push(() => stun.close())
    const { socket, port, next } = await client()
    const answer = next()
    socket.send(bare, stun.port, '127.0.0.1')
    expect(await answer).toEqual(Buffer.from(answerStun(bare, { address: '198.51.100.7', port }) ?? []))
  })
})

describe('the address seen from outside', () => {
  it.each(['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.20', '169.254.1.1', '::ffff:192.168.1.20'])(
    '[SN7] is the relay’s own for %s',
    (address) => {
      expect(seenFromOutside({ address, port: 5 }, '198.51.100.7')).toEqual({
        address: '198.51.100.7',
        port: 5,
      })
      expect(seenFromOutside({ address, port: 5 }, null)).toEqual({ address, port: 5 })
    },
  )

  it.each(['192.0.2.1', '172.15.255.255', '172.32.0.1', '11.0.0.1', '192.169.0.1', '2001:db8::1', 'fd00::1'])(
    '[SN7] is what the relay sees for %s',
    (address) => {
      expect(seenFromOutside({ address, port: 5 }, '198.51.100.7')).toEqual({ address, port: 5 })
    },
  )

  it('[SN7] follows the relay’s name, and keeps the last answer while there is none', async () => {
    let found: string | null = null
    const outer = new OuterAddress('relay.example', async () => found ?? Promise.reject(new Error('no name')))
    const look = async (answer: string | null): Promise<string | null> => {
      found = answer
      await outer.refresh()
      return outer.address
    }
    expect(outer.address).toBeNull()
    expect(await look(null)).toBeNull()
    expect(await look('198.51.100.7')).toBe('198.51.100.7')
    expect(await look(null)).toBe('198.51.100.7')
    expect(await look('198.51.100.8')).toBe('198.51.100.8')
    // Within the home the name may lead straight to the relay: then inner addresses are all there is to tell.
    expect(await look('192.168.1.20')).toBeNull()
    outer.close()
  })
})
