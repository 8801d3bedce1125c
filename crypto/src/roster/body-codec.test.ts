import { beforeAll, expect, test } from 'vitest'
import type { CborValue } from '../cbor.ts'
import { idToBytes } from '../ids.ts'
import { people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { bodyToValue, readBody } from './body-codec.ts'
import type { OperationBody } from './operation.ts'
import { roles } from './roles.ts'

let anna: Person
let ben: Person
let rotation: Extract<OperationBody, { type: 'genesis' }>['rotation']
beforeAll(async () => {
  ;({ anna, ben } = await people(71, 'anna', 'ben'))
  await anna.creates()
  for (const { body } of anna.log.operations.values()) if (body.type === 'genesis') rotation = body.rotation
})

const [low, high] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]

test('[OPS7] bodies are what the rule says, and are read as they were written', () => {
  const [head] = anna.log.state.heads
  if (head === undefined) throw new Error('a clique has a head')
  const [device, member] = [ben.device.id, ben.root.id]
  const { publicKey: kem } = ben.device.kem
  const { peer } = ben.device
  const last = { device, sequence: 7, operation: head }
  const [space, salt] = [anna.conversation, new Uint8Array(16).fill(3)]
  const spaceValue = idToBytes(space)
  const [lastValue, memberValue, countersigns] = [
    [idToBytes(device), 7, idToBytes(head)],
    idToBytes(member),
    [head],
  ]
  const sealed = (bodyToValue({ type: 'rotate-epoch', space: null, rotation }) as CborValue[])[0] ?? null
  const expected: [OperationBody, CborValue][] = [
    [{ type: 'confirm', member, rotation }, [memberValue, sealed]],
    [{ type: 'add-device', device, kem, peer, rotation }, [idToBytes(device), kem, peer, sealed]],
    [{ type: 'remove-device', last, rotation }, [lastValue, sealed]],
    [{ type: 'rotate-kem', kem }, [kem]],
    [
      { type: 'remove-member', member, last: [last], countersigns, rotation },
      [memberValue, [lastValue], [idToBytes(head)], sealed],
    ],
    [{ type: 'countersign', purpose: 'remove', member }, [0, memberValue]],
    [{ type: 'countersign', purpose: 'recover', member }, [1, memberValue]],
    [{ type: 'leave' }, []],
    [{ type: 'set-role', member, role: 'admin' }, [memberValue, roles.indexOf('admin')]],
    [{ type: 'recover', member, countersigns }, [memberValue, [idToBytes(head)]]],
    [
      { type: 'create-space', space, kind: 'channel', salt, title: 'Plans', members: null, rotation: null },
      [spaceValue, 0, salt, 'Plans', null, null],
    ],
    [
      { type: 'create-space', space, kind: 'channel', salt, title: low, members: [member], rotation },
      [spaceValue, 0, salt, low, [memberValue], sealed],
    ],
    [
      { type: 'set-audience', space, add: [member], remove: [], rotation },
      [spaceValue, [memberValue], [], sealed],
    ],
    [
      { type: 'set-audience', space, add: [], remove: [member], rotation: null },
      [spaceValue, [], [memberValue], null],
    ],
  ]
  for (const [body, value] of expected) {
    expect(bodyToValue(body)).toEqual(value)
    expect(readBody(body.type, value)).toEqual(body)
  }
})

test('[OPS7] lists ascend, and only a device that has written nothing has no last operation', () => {
  const sealed = (bodyToValue({ type: 'rotate-epoch', space: null, rotation }) as CborValue[])[0] ?? null
  const read = (last: CborValue, signs: CborValue = []) =>
    readBody('remove-member', [low, last, signs, sealed])
  const silent: CborValue = [low, 0, null]
  const wrote: CborValue = [high, 3, low]
  expect(read([silent, wrote])).toMatchObject({ type: 'remove-member' })
  expect(read([silent], [low, high])).toMatchObject({ type: 'remove-member' })
  const wrong: [CborValue, CborValue?][] = [
    [[wrote, silent]],
    [[silent, silent]],
    [[[low, 0, high]]],
    [[[low, 3, null]]],
    [[silent], [high, low]],
    [[silent], [low, low]],
  ]
  for (const [last, signs] of wrong) expect(() => read(last, signs)).toThrow()
})

test('[OPS7] a space is a channel with a title of the right kind, and nobody is added and removed at once', () => {
  const [space, salt] = [new Uint8Array(16), new Uint8Array(16)]
  const create = (kind: CborValue, title: CborValue, members: CborValue) =>
    readBody('create-space', [space, kind, salt, title, members, null])
  expect(create(0, 'x'.repeat(64), null)).toMatchObject({ title: 'x'.repeat(64) })
  expect(create(0, high, [low, high])).toMatchObject({ title: high })
  const wrong: [CborValue, CborValue, CborValue][] = [
    [1, 'Plans', null],
    [0, '', null],
    [0, 'x'.repeat(65), null],
    [0, high, null],
    [0, 'Plans', []],
    [0, new Uint8Array(513), []],
    [0, high, [high, low]],
    [0, high, [low, low]],
  ]
  for (const [kind, title, members] of wrong) expect(() => create(kind, title, members)).toThrow()
  const change = (add: CborValue, remove: CborValue) => readBody('set-audience', [space, add, remove, null])
  expect(change([low], [high])).toMatchObject({ type: 'set-audience' })
  const refused: [CborValue, CborValue][] = [
    [[], []],
    [[low], [low]],
    [[high, low], []],
    [[], [low, low]],
    [[low], null],
  ]
  for (const [add, remove] of refused) expect(() => change(add, remove)).toThrow()
})
