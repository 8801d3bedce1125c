import { headsOf } from '../../epochs/check-rotation.ts'
import { bytesToId } from '../../ids.ts'
import type { MemberId } from '../../ids.ts'
import type { RosterBody } from '../../roster/operation.ts'
import { spaceIdOf } from '../../roster/spaces.ts'
import type { Person } from '../people.ts'
import { evasEnd, firstOf, headerOf, write } from './cast.ts'
import type { Cast, Changes } from './cast.ts'

/** What is well formed and not allowed in spaces. */
export function inSpaces(cast: Cast): [string, () => Promise<Uint8Array>][] {
  const { anna, ben, carl, dora, eva, space } = cast
  const { state } = anna.log
  const { random } = anna
  const everybodys = firstOf([...state.spaces.keys()])
  const nowhere = bytesToId('space', random(16))
  const nobody = bytesToId('member', random(32))
  const creation = (author: Person, members: readonly MemberId[] | null, by = author): RosterBody => {
    const naming = { kind: 'channel', salt: random(16), members } as const
    const title = members === null ? 'Plans' : random(296)
    return {
      type: 'create-space',
      space: spaceIdOf(headerOf(cast, by), naming),
      ...naming,
      title,
      ...({ rotation: null } as object),
    }
  }
  const change = (add: readonly Person[], remove: readonly Person[] = [], of = space): RosterBody => ({
    type: 'set-audience',
    space: of,
    add: add.map(({ root }) => root.id).toSorted(),
    remove: remove.map(({ root }) => root.id).toSorted(),
    ...({ rotation: null } as object),
  })
  const rotate: RosterBody = { type: 'rotate-epoch' }
  const inIt: Changes = { space }
  const cutOf = (of: typeof space) => ({
    cuts: [
      { device: eva.device.id, space: of, sequence: evasEnd + 1, record: bytesToId('record', random(32)) },
    ],
  })
  const cliques = firstOf(headsOf(state))
  const other = spaceIdOf(headerOf(cast, carl), { kind: 'channel', salt: new Uint8Array(16), members: null })
  const plain: [string, Person, RosterBody, Changes?][] = [
    ['a reader creates a space', dora, creation(dora, null)],
    ["a space by another's name", anna, creation(anna, null, carl)],
    ['a space with nobody that there is', anna, creation(anna, [nobody])],
    ['a space with somebody removed', anna, creation(anna, [eva.root.id])],
    ['a space for everyone with an epoch of its own', anna, creation(anna, null), inIt],
    ['a space with a smaller audience without an epoch', anna, creation(anna, [ben.root.id])],
    ['a space with the epoch of another', anna, creation(anna, [ben.root.id]), inIt],
    ['an audience of no space', carl, change([anna], [], nowhere)],
    ['an audience of a space for everyone', anna, change([], [carl], everybodys)],
    ['an owner who is not in a space adds themselves', anna, change([anna])],
    ['an owner who is not in a space removes somebody', anna, change([], [carl])],
    ['somebody without a say in a space adds somebody', dora, change([anna])],
    ['somebody without a say in a space removes somebody', dora, change([], [ben])],
    ['somebody who is in a space is added', carl, change([ben])],
    ['somebody who is not in a space is removed', carl, change([], [anna])],
    ['somebody whom nobody knows is added to a space', carl, { ...change([]), ...adding(nobody) }],
    ['somebody leaves a space and removes another', ben, change([], [ben, dora])],
    ['somebody leaves a space and begins its epoch', ben, change([], [ben]), inIt],
    ['somebody is added to a space without an epoch', ben, change([anna])],
    ['somebody is added and gets no wrap', ben, change([anna]), inIt],
    ['a rotation of a space for everyone', anna, { ...rotate, space: everybodys }, { space: everybodys }],
    ['a rotation of a space by somebody who is not in it', anna, { ...rotate, space }, inIt],
    ['a rotation of the clique that names a space', anna, rotate, { rotation: () => ({ space }) }],
    [
      'a rotation of no space',
      carl,
      rotate,
      { rotation: () => ({ space: other, parents: [], capability: null }) },
    ],
    [
      'a rotation of a space with a capability',
      carl,
      rotate,
      { ...inIt, rotation: () => ({ capability: { generation: 1, seed: random(32) } }) },
    ],
    [
      'a rotation of a space that follows the clique',
      carl,
      rotate,
      {
        ...inIt,
        rotation: () => ({
          parents: [
            {
              epoch: cliques.id,
              controlKey: random(72),
              contentCommitment: cliques.commitments.content,
              signingKey: cliques.commitments.signingKey,
              terms: cliques.commitments.terms,
            },
          ],
        }),
      },
    ],
    [
      'a rotation of a space to others',
      carl,
      rotate,
      { ...inIt, rotation: () => ({ recipientsHash: random(32) }) },
    ],
    [
      'a rotation of a space on the archive of the clique',
      carl,
      rotate,
      {
        ...inIt,
        rotation: ({ archive }) => ({
          archive: { ...archive, id: cliques.archive },
        }),
      },
    ],
    [
      'a rotation of a space with a cut in another',
      carl,
      rotate,
      { ...inIt, rotation: () => cutOf(everybodys) },
    ],
    ['a cut in a space that the author is not in', anna, rotate, { rotation: () => cutOf(space) }],
  ]
  return plain.map(([name, author, body, changes]) => [name, () => write(cast, author, body, changes)])
}

function adding(member: MemberId): object {
  return { add: [member] }
}
