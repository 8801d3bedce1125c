import { fromHex } from '../bytes.ts'
import { encodeItem, sealEnvelope } from '../epochs/control-item.ts'
import { entitledRecipients, hashRecipientKey } from '../epochs/recipients.ts'
import { makeRotation } from '../epochs/rotate.ts'
import type { RotationPart, Wrap } from '../epochs/rotation.ts'
import { safeEpoch } from '../epochs/sending.ts'
import { makeWraps, rootOfWraps } from '../epochs/wraps.ts'
import type { ErrorCode } from '../errors.ts'
import type { EpochId, OperationId, SpaceId } from '../ids.ts'
import { commitToTerms, deriveControlKeyId, deriveEpochKeys, epochIdOf } from '../key-schedule.ts'
import { deviceHeader } from '../roster/act.ts'
import type { CliqueLog } from '../roster/log.ts'
import { encodeEnvelope } from '../roster/operation-codec.ts'
import type { Operation, OperationBody, OperationHeader } from '../roster/operation.ts'
import { signOperation } from '../roster/sign-operation.ts'
import type { RosterState } from '../roster/state.ts'
import { signerFromSeed } from '../signature.ts'
import type { Signer } from '../signature.ts'
import type { Person } from './people.ts'

/** Whoever forges needs keys and a log, and nothing else that a person has. */
type Forger = Pick<Person, 'log' | 'random'> & { readonly device: Pick<Person['device'], 'id' | 'signer'> }

/** Seals bytes as an operation that leaves the keys alone, under the newest control key that a person holds. */
export function sealForged(person: Person, envelope: Uint8Array): Uint8Array {
  const epoch = person.log.state.epochHeads[0]
  const controlKey = epoch === undefined ? undefined : person.log.keyring.epochs.get(epoch)?.controlKey
  if (epoch === undefined || controlKey == null) throw new Error('a forger needs a control key')
  return encodeItem(
    sealEnvelope({ keyId: deriveControlKeyId(epoch), handout: null }, controlKey, envelope, person.random),
  )
}

/** An operation with a true signature and an untrue something. One that begins an epoch takes the epoch's signer, too. */
export async function forge(
  person: Forger,
  body: OperationBody,
  changes: Partial<OperationHeader> = {},
  signers: readonly Signer[] = [person.device.signer],
): Promise<Operation> {
  return signOperation({ ...deviceHeader(person.log, person.device.id), ...changes }, body, signers)
}

/** The key of an epoch that somebody holds: what begins the epoch is signed by it. */
export function epochSignerOf({ keyring }: Pick<CliqueLog, 'keyring'>, epoch: EpochId): Signer {
  const held = keyring.epochs.get(epoch)
  if (held?.secret == null || held.terms === null) throw new Error('only who holds an epoch signs for it')
  return signerFromSeed(deriveEpochKeys(held.secret, held.terms, held.space).signingSeed)
}

/** What somebody says to a forged operation. */
export async function verdictOf(
  judge: Person,
  forger: Person,
  operation: Pick<Operation, 'signed' | 'signatures'>,
): Promise<ErrorCode | 'accepted' | 'waiting'> {
  return verdictOfItem(judge, sealForged(forger, encodeEnvelope(operation)))
}

export async function verdictOfItem(
  judge: Person,
  item: Uint8Array,
): Promise<ErrorCode | 'accepted' | 'waiting'> {
  const { accepted, refused } = await judge.receives(item)
  return refused[0]?.code ?? (accepted.length > 0 ? 'accepted' : 'waiting')
}

/** A rotation with something changed in what is signed, sealed and wrapped as a true one would be. */
export async function forgeRotation(
  person: Forger,
  change: (part: RotationPart) => Partial<RotationPart>,
  options: {
    after?: RosterState
    /** Of a space, whose rotations are sealed under the clique's keys. */
    space?: SpaceId
    body?: (rotation: RotationPart) => OperationBody
    /** What is wrapped to whom instead; signed for. */
    wraps?: (wraps: readonly Wrap[], epoch: EpochId) => readonly Wrap[]
    /** Signs for the epoch; else the key of the one that is made does. */
    epochSigner?: Signer
  } = {},
): Promise<Uint8Array> {
  const { log, random } = person
  const made = await makeRotation({
    past: log.state,
    after: options.after ?? log.state,
    space: options.space ?? null,
    graph: log.graph,
    keyring: log.keyring,
    renewCapability: false,
    random,
  })
  const changes = change(made.part)
  const named = nameEpoch({ ...made.part, ...changes, space: made.part.space })
  const { recipients } = entitledRecipients(options.after ?? log.state, options.space ?? null)
  const isNamedSo = named.epoch === made.part.epoch
  const own = isNamedSo ? made.wraps : await makeWraps(named.epoch, made.secret, recipients)
  const wraps = options.wraps?.(own, named.epoch) ?? own
  const part = { ...made.part, wrapsRoot: rootOfWraps(wraps), ...changes, ...named }
  const body = options.body?.(part) ?? { type: 'rotate-epoch', space: part.space, rotation: part }
  const signers = [person.device.signer, options.epochSigner ?? signerFromSeed(made.keys.signingSeed)]
  const operation = await forge(person, body, {}, signers)
  const { epoch, wrapsRoot, commitments } = part
  const handout = { epoch, terms: commitments.terms, wrapsRoot, wraps, notices: made.notices }
  const under = options.space === undefined ? null : safeEpoch(log)
  const controlKey = under === null ? undefined : log.keyring.epochs.get(under)?.controlKey
  const keyId = deriveControlKeyId(under ?? part.epoch)
  const key = controlKey ?? made.keys.controlKey
  return encodeItem(sealEnvelope({ keyId, handout }, key, encodeEnvelope(operation), random))
}

/** What whoever reads it takes its epoch for. */
function nameEpoch({ commitments, archive, recipientsHash, space }: RotationPart) {
  const terms = { archive: fromHex(archive.id), recipients: recipientsHash }
  const committed = { ...commitments, terms: commitToTerms(terms, commitments.control) }
  return { commitments: committed, epoch: epochIdOf(committed, space) }
}

/** An answer to a complaint with something else in the wrap than the epoch's secret. */
export async function forgeRewrap(person: Forger, complaint: OperationId): Promise<Uint8Array> {
  const { log, random } = person
  const asked = log.state.complaints.get(complaint)
  const device = asked === undefined ? undefined : log.state.devices.get(asked.device)
  const under = safeEpoch(log)
  const controlKey = under === null ? undefined : log.keyring.epochs.get(under)?.controlKey
  if (asked === undefined || device === undefined || under === null || controlKey == null) {
    throw new Error('a forger needs a complaint and a key')
  }
  const { epoch } = asked
  const recipient = { publicKey: device.kem, keyHash: hashRecipientKey(device.kem) }
  const wraps = await makeWraps(epoch, random(32), [recipient])
  const wrapsRoot = rootOfWraps(wraps)
  const terms = log.state.epochs.get(epoch)?.commitments.terms ?? random(32)
  const operation = await forge(person, { type: 'rewrap', epoch, complaint, terms, wrapsRoot })
  const handout = { epoch, terms, wrapsRoot, wraps, notices: [] }
  const keyId = deriveControlKeyId(under)
  return encodeItem(sealEnvelope({ keyId, handout }, controlKey, encodeEnvelope(operation), random))
}
