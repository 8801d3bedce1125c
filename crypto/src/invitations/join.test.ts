import { expect, test } from 'vitest'
import { concat, toBase64url } from '../bytes.ts'
import { encode } from '../cbor.ts'
import { decodeItem, encodeItem, sealEnvelope } from '../epochs/control-item.ts'
import { safeEpoch, sendingKey } from '../epochs/sending.ts'
import { rotationDue } from '../epochs/rotation-due.ts'
import { sha256 } from '../hash.ts'
import { idToBytes } from '../ids.ts'
import { labels } from '../labels.ts'
import { makeRecoveryPhrase, phraseToSeed } from '../recovery.ts'
import { closeInvitation, revokeInvitation, rotateEpoch, setPolicy, setRelays } from '../roster/acts.ts'
import { relaysToValue } from '../roster/body-codec.ts'
import { foldRoster } from '../roster/fold.ts'
import { startLog } from '../roster/log.ts'
import { receiveItems } from '../roster/receive.ts'
import { codeThrown, expectDamageRefused } from '../testing/damage.ts'
import { epochSignerOf, forge, verdictOfItem } from '../testing/forge.ts'
import { meet, nextWeek, people, today } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { encodeEnvelope } from '../roster/operation-codec.ts'
import type { Operation } from '../roster/operation.ts'
import { signerFromSeed } from '../signature.ts'
import { decodeInvitation, encodeInvitation } from './invitation-link.ts'
import { openInvitationPackage, sealPackage } from './invitation-package.ts'
import type { InvitationPreview } from './invitation-package.ts'
import { checkInvitation } from './join.ts'

const idle = { now: today, recordsSinceRotation: 0, epochStartedAt: today }

function statusOf(judge: Person, person: Person): string | undefined {
  return judge.log.state.members.get(person.root.id)?.status
}

test('[INV1] a link says where to go and nothing else, and a damaged one is known', async () => {
  const { anna } = await people(40, 'anna')
  await anna.creates()
  const { secret } = await anna.invites()
  const link = { clique: anna.log.clique, relays: anna.log.state.relays, secret }
  const text = encodeInvitation(link)
  expect(decodeInvitation(text)).toEqual(link)
  expect(text).toMatch(/^[A-Za-z0-9_-]+$/)
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'A' ? 'B' : 'A'
    expect(() => decodeInvitation(text.slice(0, at) + other + text.slice(at + 1))).toThrow(
      'invite-link-broken',
    )
    expect(() => decodeInvitation(text.slice(0, at))).toThrow('invite-link-broken')
  }
  expect(() => decodeInvitation(`${text}A`)).toThrow('invite-link-broken')
  expect(() => decodeInvitation('A'.repeat(100_000))).toThrow('invite-link-broken')
})

test('[INV1] a link may say where a relay takes WebRTC, and is what it was where none does', async () => {
  const { anna } = await people(40, 'anna')
  await anna.creates()
  const { secret } = await anna.invites()
  const { clique } = anna.log
  const [one] = anna.log.state.relays
  if (one === undefined) throw new Error('a clique without a relay')
  const other = { url: 'https://other.example', peer: `${one.peer}2` }
  const relays = [one, { ...other, webRtc: toBase64url(new Uint8Array(45).fill(7)) }]
  const text = encodeInvitation({ clique, secret, relays })
  expect(decodeInvitation(text)).toEqual({ clique, secret, relays })
  expect(text.length - encodeInvitation({ clique, secret, relays: [one, other] }).length).toBeLessThan(70)
  const codeOf = (version: number, ...places: Uint8Array[][]): string => {
    const body = encode([version, 1, idToBytes(clique), secret, relaysToValue([one, other]), ...places])
    return toBase64url(concat(body, sha256(labels.inviteChecksum, body).slice(0, 4)))
  }
  const [none, place] = [new Uint8Array(), Uint8Array.of(1)]
  expect(decodeInvitation(codeOf(2, [none, place])).relays).toEqual([one, { ...other, webRtc: 'AQ' }])
  for (const code of [
    codeOf(1, [none, place]),
    codeOf(2),
    codeOf(2, [none, none]),
    codeOf(2, [place]),
    codeOf(2, [none, place, place]),
    codeOf(2, [none, new Uint8Array(129)]),
    codeOf(2, [none, place], [none, place]),
    codeOf(3, [none, place]),
  ]) {
    expect(() => decodeInvitation(code)).toThrow('invite-link-broken')
  }
})

test('[INV1] a code of another kind or version is no invitation, whatever else it shares with one', async () => {
  const { anna } = await people(41, 'anna')
  await anna.creates()
  const { secret } = await anna.invites()
  const { clique, state } = anna.log
  const codeOf = (version: number, kind: number): string => {
    const body = encode([version, kind, idToBytes(clique), secret, relaysToValue(state.relays)])
    return toBase64url(concat(body, sha256(labels.inviteChecksum, body).slice(0, 4)))
  }
  expect(decodeInvitation(codeOf(1, 1)).secret).toEqual(secret)
  // A link for a further device of somebody, say, which would hand out much more.
  for (const [version, kind] of [
    [1, 0],
    [1, 2],
    [1, 3],
    [2, 1],
  ] as const) {
    expect(() => decodeInvitation(codeOf(version, kind))).toThrow('invite-link-broken')
  }
  const words = makeRecoveryPhrase(anna.random)
  expect(() => decodeInvitation(words)).toThrow('invite-link-broken')
  expect(() => decodeInvitation(toBase64url(phraseToSeed(words)))).toThrow('invite-link-broken')
})

test('[INV2] a package opens with the link alone, and shows what joining means', async () => {
  const { anna } = await people(41, 'anna')
  await anna.creates({ history: 'since-join' })
  const made = await anna.invites({ role: 'reader' })
  const { preview, clique } = await openInvitationPackage(made.secret, made.package, anna.log.clique)
  expect(clique).toBe(anna.log.clique)
  expect(preview).toEqual({
    cliqueName: 'Garden',
    accent: 'moss',
    history: 'since-join',
    inviterName: 'anna',
    role: 'reader',
    expiresAt: nextWeek,
  })
  await expectDamageRefused(made.package, (bytes) => openInvitationPackage(made.secret, bytes), {
    step: 40,
  })
  const other = await anna.invites()
  await expect(openInvitationPackage(other.secret, made.package)).rejects.toThrow('invite-package-broken')
})

test('[INV2] a package of another clique than the link names is refused', async () => {
  const { anna, eva } = await people(42, 'anna', 'eva')
  await anna.creates()
  await eva.creates()
  const made = await anna.invites()
  await expect(openInvitationPackage(made.secret, made.package, eva.log.clique)).rejects.toThrow(
    'invite-wrong-clique',
  )
  const { ben } = await people(43, 'ben')
  await expect(ben.joins(made, eva.items)).rejects.toThrow('invite-unknown')
})

test('[INV6] a package that says something else than the roster is refused, and what is shown is the roster', async () => {
  const { anna, ben } = await people(51, 'anna', 'ben')
  await anna.creates({ history: 'full' })
  const made = await anna.invites()
  const opened = await openInvitationPackage(made.secret, made.package)
  const lies: Partial<InvitationPreview>[] = [
    { history: 'since-join' },
    { role: 'admin' },
    { inviterName: 'Grandmother' },
    { cliqueName: 'Bank' },
    { accent: 'rose' },
    { expiresAt: nextWeek + 1 },
  ]
  for (const lie of lies) {
    const contents = {
      ...opened,
      preview: { ...opened.preview, ...lie },
      controlMailboxSeed: opened.controlMailbox.seed,
    }
    const lying = sealPackage(opened.keys, contents, anna.random)
    await expect(ben.joins({ ...made, package: lying }, anna.items)).rejects.toThrow('invite-preview-untrue')
  }
  // What was changed since is no lie, and is shown as it is now.
  await anna.does((log, me, options) =>
    setPolicy(log, me, { ...log.state.policy, name: 'Renamed', accent: 'plum' }, options),
  )
  const intake = await receiveItems(startLog(anna.log.clique), anna.items, [opened.keys.kem])
  expect(await checkInvitation(intake, opened, today)).toEqual({
    ...opened.preview,
    cliqueName: 'Renamed',
    accent: 'plum',
  })
  await ben.joins(made, anna.items)
})

test('[INV4] whoever comes too late is told why', async () => {
  const { anna, ben, eva } = await people(44, 'anna', 'ben', 'eva')
  await anna.creates()
  const used = await anna.invites()
  await ben.joins(used, anna.items)
  await meet(anna, ben)
  await expect(eva.joins(used, anna.items)).rejects.toThrow('invite-used')

  const revoked = await anna.invites()
  await anna.does((log, me, options) => revokeInvitation(log, me, revoked.invite, options))
  await expect(eva.joins(revoked, anna.items)).rejects.toThrow('invite-revoked')

  const closed = await anna.invites()
  await ben.receives(...anna.items)
  await ben.does((log, me, options) => closeInvitation(log, me, closed.invite, options))
  await expect(eva.joins(closed, [...anna.items, ...ben.items])).rejects.toThrow('invite-closed')

  const expired = await anna.invites()
  await expect(eva.joins(expired, anna.items, nextWeek + 1)).rejects.toThrow('invite-expired')
  await expect(eva.joins(expired, [])).rejects.toThrow('invite-unknown')
})

test('[INV3] a link for two lets two in, each with keys at once, and no third', async () => {
  const { anna, ben, eva } = await people(45, 'anna', 'ben', 'eva')
  await anna.creates()
  const two = await anna.invites({ uses: 2 })
  await ben.joins(two, anna.items)
  await eva.joins(two, [...anna.items, ...ben.items])
  await meet(anna, ben, eva)
  expect(statusOf(anna, ben)).toBe('in')
  expect(statusOf(anna, eva)).toBe('in')
  expect([...anna.log.state.invitations.values()].map(({ used, status }) => [used, status])).toEqual([
    [2, 'used'],
  ])
  expect(sendingKey(eva.log, eva.conversation)).toEqual(sendingKey(ben.log, ben.conversation))
  const epoch = safeEpoch(anna.log)
  const holders = epoch === null ? undefined : anna.log.state.epochs.get(epoch)?.holders
  expect(holders?.has(`invite:${two.invite}`)).toBe(false)
  const { kim } = await people(55, 'kim')
  await expect(kim.joins(two, anna.items)).rejects.toThrow('invite-used')
})

test('[INV5] a join repeated, or built from another, admits nobody', async () => {
  const { anna, ben, eva } = await people(46, 'anna', 'ben', 'eva')
  await anna.creates()
  const invitation = await anna.invites({ uses: 2 })
  const { operation, item } = await ben.joins(invitation, anna.items)
  if (operation.body.type !== 'join') throw new Error('a join is a join')
  const { body } = operation
  const controlKey = ben.log.keyring.epochs.get(body.rotation.epoch)?.controlKey
  if (controlKey == null) throw new Error('whoever begins an epoch has its keys')
  const { keys } = await openInvitationPackage(invitation.secret, invitation.package)
  // In the form of a join, with the wraps and under the key of Ben's.
  const verdictOfJoin = async (operation: Pick<Operation, 'signed' | 'signatures'>) => {
    const envelope = encodeEnvelope(operation)
    return verdictOfItem(anna, encodeItem(sealEnvelope(decodeItem(item), controlKey, envelope, eva.random)))
  }

  // Eva has the link and sees Ben's join: his keys did not sign for what she makes of it.
  const header = { author: operation.author, sequence: null, previous: null, parents: operation.parents }
  const epochSigner = epochSignerOf(ben.log, body.rotation.epoch)
  const { kem } = eva.device
  for (const { newcomer, root } of [
    // His person and device, with her key to wrap to.
    { newcomer: { kem: kem.publicKey }, root: eva.device.signer },
    // His device, for herself.
    { newcomer: { member: eva.root.id, kem: kem.publicKey }, root: signerFromSeed(eva.root.seed) },
  ]) {
    const changed = { ...body, newcomer: { ...body.newcomer, ...newcomer } }
    const signers = [keys.signer, eva.device.signer, root, epochSigner]
    const stolen = await forge(ben, changed, header, signers)
    expect(await verdictOfJoin(stolen)).toBe('operation-signature')
    expect(await verdictOfJoin({ signed: stolen.signed, signatures: operation.signatures })).toBe(
      'operation-signature',
    )
  }
  expect(anna.log.state.members.size).toBe(1)

  const twice = await anna.receives(...ben.items, ...ben.items)
  expect(twice.accepted).toHaveLength(1)
  expect(anna.log.state.members.size).toBe(2)
})

test('[ROS7] of two takers of one use nobody has keys until a senior has settled it', async () => {
  const { anna, ben, eva } = await people(47, 'anna', 'ben', 'eva')
  await anna.creates()
  const invitation = await anna.invites()
  const lying = [...anna.items]
  await ben.joins(invitation, lying)
  await eva.joins(invitation, lying)
  await meet(anna, ben, eva)
  expect([statusOf(anna, ben), statusOf(anna, eva)]).toEqual(['quarantined', 'quarantined'])
  expect(safeEpoch(anna.log)).toBeNull()
  expect(rotationDue(anna.log, anna.device.id, idle)).toEqual({
    cause: 'no-safe-epoch',
    waitMs: 0,
    space: null,
  })
  expect(rotationDue(ben.log, ben.device.id, idle)).toBeNull()
  await anna.does(rotateEpoch)
  const key = sendingKey(anna.log, anna.conversation)
  expect(key).not.toBeNull()
  await meet(anna, ben, eva)
  for (const other of [ben, eva]) {
    expect(key === null ? null : other.log.keyring.epochs.get(key.epoch)).toBeUndefined()
  }
  // Ben cannot see what contests him; whatever he does then has no effect on the others' keys.
  await ben.does(rotateEpoch)
  await anna.receives(...ben.items)
  expect(sendingKey(anna.log, anna.conversation)).toEqual(key)
  expect([...anna.log.state.epochs.values()].filter(({ counts }) => counts)).toHaveLength(3)
})

test('[ROS7] a taker on whom a senior has built stays, whoever comes later with the same link', async () => {
  const { anna, ben, thief } = await people(48, 'anna', 'ben', 'thief')
  await anna.creates()
  const invitation = await anna.invites()
  const lying = [...anna.items]
  await ben.joins(invitation, lying)
  await anna.receives(...ben.items)
  expect(rotationDue(anna.log, anna.device.id, idle)?.cause).toBe('settle-join')
  await anna.does(rotateEpoch)
  await thief.joins(invitation, lying)
  await meet(anna, ben)
  const before = sendingKey(anna.log, anna.conversation)
  await anna.receives(...thief.items)
  await ben.receives(...thief.items)
  expect([statusOf(anna, ben), statusOf(anna, thief)]).toEqual(['in', 'quarantined'])
  // Somebody more senior who has heard of the thief alone would hand on what was begun before.
  expect(sendingKey(anna.log, anna.conversation)).toBe(null)
  expect(sendingKey(ben.log, ben.conversation)).toEqual(before)

  // The thief's join was not wrapped to Ben, who cannot open it: what Anna says to both must not rest on it.
  await ben.receives((await anna.does(rotateEpoch)).item)
  expect(sendingKey(ben.log, ben.conversation)).toEqual(sendingKey(anna.log, anna.conversation))
  const { item } = await anna.does((log, me, options) => setRelays(log, me, [], options))
  expect((await ben.receives(item)).accepted).toHaveLength(1)
  await anna.does(rotateEpoch)
  await ben.receives(...anna.items)
  expect([statusOf(ben, ben), statusOf(ben, thief)]).toEqual(['in', 'quarantined'])
  expect(anna.log.state.hash).toBe(ben.log.state.hash)
})

test('[ROS7] a join and a revocation that did not know of each other: the join is undone', async () => {
  const { anna, ben } = await people(49, 'anna', 'ben')
  await anna.creates()
  const invitation = await anna.invites()
  await ben.joins(invitation, anna.items)
  await ben.does(rotateEpoch)
  await anna.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  await anna.receives(...ben.items)
  expect(statusOf(anna, ben)).toBe('out')
  const epoch = safeEpoch(anna.log)
  expect(epoch).not.toBeNull()
  expect(epoch === null ? undefined : anna.log.state.epochs.get(epoch)?.holders.size).toBe(2)
})

test('[ROS7] a join beside a closing waits for somebody to look', async () => {
  const { anna, ben } = await people(50, 'anna', 'ben')
  await anna.creates()
  const invitation = await anna.invites()
  await ben.joins(invitation, anna.items)
  await anna.does((log, me, options) => closeInvitation(log, me, invitation.invite, options))
  await anna.receives(...ben.items)
  expect(statusOf(anna, ben)).toBe('quarantined')
})

test('[ROS7] a closing does not touch whom it knew, nor whom a senior had built on', async () => {
  const { anna, ben, eva, kim } = await people(51, 'anna', 'ben', 'eva', 'kim')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  const invitation = await ben.invites({ uses: 5 })
  await meet(anna, ben)
  await eva.joins(invitation, ben.items)
  await anna.receives(...eva.items)
  await anna.does(rotateEpoch)
  await ben.does((log, me, options) => closeInvitation(log, me, invitation.invite, options))
  await meet(anna, ben, eva)
  expect(statusOf(ben, eva)).toBe('in')
  await expect(kim.joins(invitation, ben.items)).rejects.toThrow('invite-closed')
})

test('[ROS8] two operations with one number prove a copied key; the device is out, its grants wait', async () => {
  const { anna, ben, eva, kim } = await people(52, 'anna', 'ben', 'eva', 'kim')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  const before = ben.log
  await ben.does(rotateEpoch)
  const honest = ben.log
  // A copy of Ben's profile goes on from yesterday and lets two in.
  ben.rewind(before)
  await eva.joins(await ben.invites(), ben.items)
  const items = [...ben.items]
  ben.rewind(honest)
  await anna.receives(...items, ...eva.items)
  expect(anna.log.state.devices.get(ben.device.id)?.status).toBe('forked')
  expect(anna.log.state.devices.get(ben.device.id)?.proof).toHaveLength(2)
  expect(statusOf(anna, ben)).toBe('in')
  expect(statusOf(anna, eva)).toBe('quarantined')
  expect(safeEpoch(anna.log)).toBeNull()
  await anna.does(rotateEpoch)
  const epoch = safeEpoch(anna.log)
  const holders = epoch === null ? undefined : anna.log.state.epochs.get(epoch)?.holders
  expect(holders?.has(`device:${ben.device.id}`)).toBe(false)
  expect(holders?.has(`recovery:${ben.root.id}`)).toBe(true)
  // What he did before the fork stands, and he can do nothing after it.
  await ben.receives(...anna.items, ...items, ...eva.items)
  await expect(ben.does(rotateEpoch)).rejects.toThrow('operation-author-out')
  await kim.joins(await anna.invites(), anna.items)
})

test('[ROS8] what a copied key took away stays away', async () => {
  const { anna, ben, eva } = await people(53, 'anna', 'ben', 'eva')
  await anna.creates()
  await ben.joins(await anna.invites({ role: 'admin' }), anna.items)
  await meet(anna, ben)
  const open = await anna.invites()
  await meet(anna, ben)
  const before = ben.log
  await ben.does((log, me, options) => revokeInvitation(log, me, open.invite, options))
  const revoked = [...ben.items]
  ben.rewind(before)
  await ben.does(rotateEpoch)
  await anna.receives(...revoked, ...ben.items)
  expect(anna.log.state.devices.get(ben.device.id)?.status).toBe('forked')
  expect(anna.log.state.invitations.get(open.invite)?.status).toBe('revoked')
  await expect(eva.joins(open, anna.items)).rejects.toThrow('invite-revoked')
})

test('[ROS3] rank follows from who admitted whom, and nothing later changes it', async () => {
  const { anna, ben, eva, kim } = await people(54, 'anna', 'ben', 'eva', 'kim')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  await eva.joins(await ben.invites(), [...ben.items])
  await kim.joins(await anna.invites(), [...anna.items])
  await meet(anna, ben, eva, kim)
  expect(rotationDue(anna.log, anna.device.id, idle)?.cause).toBe('left-out')
  await anna.does(rotateEpoch)
  await meet(anna, ben, eva, kim)
  const ranks = [anna, ben, eva, kim].map((person) => anna.log.state.members.get(person.root.id)?.rank)
  expect(ranks).toEqual([[], [2], [2, 1], [3]])
  expect(foldRoster([...kim.log.operations.values()].reverse()).hash).toBe(anna.log.state.hash)
})

test('[INV4] whoever can read the roster is told by it what has become of a link', async () => {
  const { anna, ben } = await people(61, 'anna', 'ben')
  await anna.creates()
  const [used, revoked, closed] = [await anna.invites(), await anna.invites(), await anna.invites()]
  await ben.joins(used, anna.items)
  await anna.receives(...ben.items)
  await anna.does((log, me, options) => revokeInvitation(log, me, revoked.invite, options))
  await anna.does((log, me, options) => closeInvitation(log, me, closed.invite, options))
  const intake = await anna.receives()
  const codes: string[] = []
  for (const made of [used, revoked, closed]) {
    const opened = await openInvitationPackage(made.secret, made.package)
    codes.push((await codeThrown(() => checkInvitation(intake, opened, today))) ?? 'accepted')
  }
  expect(codes).toEqual(['invite-used', 'invite-revoked', 'invite-closed'])
})
