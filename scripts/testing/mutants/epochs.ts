import { mutantsOf } from './mutant.ts'

const folder = 'crypto/src/epochs'

/** Who is given keys, which of them are used, and what a rotation has to be. */
export const epochMutants = mutantsOf({
  [`${folder}/check-rotation.ts`]: [
    ['epoch-of-a-space', 'EPO5', "if (part.space !== context.space) return 'rotation-space'", ''],
    ['epoch-begun-twice', 'VEC2 EPO5', "if (past.epochs.has(part.epoch)) return 'epoch-known'", ''],
    ['any-state-hash', 'EPO5', "return 'rotation-state'", 'void 0'],
    [
      'a-parent-is-missing',
      'EPO5',
      "if (part.parents.length !== heads.length) return 'rotation-parents'",
      '',
    ],
    ['another-parent', 'EPO5', 'link.epoch !== heads[index]?.id ||', ''],
    ['key-of-a-parent-is-wrong', 'EPO5', '|| epochIdOf(commitments) !== link.epoch) {', ') {'],
    ['any-recipients', 'EPO3', "return same ? null : 'rotation-recipients'", 'return null'],
    ['any-number-of-recipients', 'EPO3 VEC2', 'part.recipientCount === entitled.recipients.length &&', ''],
    [
      'another-capability',
      'EPO5',
      "return inForce.some((known) => equal(known.seed, capability.seed)) ? null : 'rotation-capability'",
      'return null',
    ],
    [
      'generations-are-skipped',
      'EPO5',
      "if (capability.generation !== generation + 1) return 'rotation-capability'",
      '',
    ],
    [
      'anybody-renews-the-capability',
      'EPO5',
      "if (generation > 0 && (role === null || !mayChangeSettings(role))) return 'rotation-capability'",
      '',
    ],
    [
      'every-operation-cuts',
      'EPO11 VEC2',
      "if (cuts.length > 0 && !context.mayCut) return 'rotation-cuts'",
      '',
    ],
    ['cut-of-who-is-in', 'EPO11', 'isDeviceOut(after, id, space) && mayName', 'mayName'],
    ['cut-of-oneself', 'EPO11', 'context.mayCutOwn || device?.member !== context.member', 'true'],
    ['cut-of-no-space', 'EPO11', 'return isOut && isOwn &&', 'return isOut &&'],
    ['cut-is-lowered', 'EPO11', '(known === null || sequence > known)', 'true'],
    ['archive-is-kept-for-all', 'EPO7', 'if (known && !mayKeepArchive(', 'if (false && !mayKeepArchive('],
    [
      'archive-of-anything',
      'EPO7 EPO5',
      '!mayArchive(entry, part.archive.id, past, parents, holders)',
      'false',
    ],
    ['archive-held-by-who-is-out', 'EPO7', 'isSubset(head.holders, entitled) &&', ''],
    [
      'archive-is-kept-for-newcomers',
      'EPO7',
      "(past.policy.history === 'full' || isSubset(entitled, head.named)),",
      'true,',
    ],
    ['archive-of-who-knew-no-better', 'EPO7', 'knowsWhoIsOut(head.archiveViews) &&', ''],
    [
      'parents-are-sealed-for-newcomers',
      'EPO7',
      "return past.policy.history === 'full' || isSubset(entitled, parent.named)",
      'return true',
    ],
  ],
  [`${folder}/sending.ts`]: [
    [
      'newest-epoch-wins',
      'EPO6',
      'epoch.counts && !tainted.has(epoch.id) && knowsWhoIsOut(epoch.views)',
      'true',
    ],
    [
      'fallen-epochs-are-sent-under',
      'EPO6 EPO4',
      'epoch.counts && !tainted.has(epoch.id)',
      '!tainted.has(epoch.id)',
    ],
    ['holders-are-not-looked-at', 'EPO6', '!tainted.has(epoch.id) && knowsWhoIsOut', 'knowsWhoIsOut'],
    [
      'descendants-are-not-looked-at',
      'EPO6',
      'found.push(...epoch.parents.flatMap((parent) => state.epochs.get(parent) ?? []))',
      '',
    ],
    ['who-knew-no-better-is-followed', 'EPO6', '&& knowsWhoIsOut(epoch.views)', ''],
    [
      'sent-with-keys-out-of-archives',
      'EPO6 EPO7',
      '.filter((epoch) => log.keyring.epochs.get(epoch.id)?.secret != null)',
      '',
    ],
    ['newcomers-are-left-out', 'EPO6', '.filter((epoch) => !needsAll || isSubset(holders, epoch.named))', ''],
    [
      'highest-id-wins',
      'EPO6 ROS1',
      '.sort((a, b) => b.depth - a.depth || compareIds(a.id, b.id))\n  return best',
      '.sort((a, b) => a.depth - b.depth)\n  return best',
    ],
  ],
  [`${folder}/awareness.ts`]: [
    [
      'other-reasons-for-being-out',
      'EPO6',
      'checks.push((view) => sharesOne(view.members.get(id)?.endedBy, endedBy))',
      '',
    ],
    [
      'forked-as-removed',
      'EPO6',
      "checks.push((view) => view.devices.get(id)?.status === 'forked')",
      'void 0',
    ],
    [
      'devices-out-for-other-reasons',
      'EPO6',
      'checks.push((view) => sharesOne(view.devices.get(id)?.endedBy, endedBy))',
      'void 0',
    ],
    ['quarantined-unawares', 'EPO6', 'return isEnded || isKept(view.members.get(id)?.status)', 'return true'],
  ],
  [`${folder}/recipients.ts`]: [
    ['keys-for-who-is-out', 'ROS11 EPO3', "if (member.status !== 'in' ||", 'if ('],
    ['keys-for-devices-that-are-out', 'ROS15', ".filter(({ status }) => status === 'in').slice", '.slice'],
    ['keys-for-any-number-of-devices', 'ROS15', '.slice(0, maxDevices)', ''],
    ['no-keys-for-recovery', 'EPO8', 'add(`recovery:${member.id}`, member.recoveryKey)', ''],
    [
      'more-recipients-than-fit',
      'EPO3',
      'if (byKey.size >= maxRecipients && !byKey.has(nameOf(keyHash))) return',
      '',
    ],
    [
      'juniors-first',
      'EPO3',
      'compareRanks(a.rank, b.rank) || compareIds(a.id, b.id))',
      'compareRanks(b.rank, a.rank))',
    ],
  ],
  [`${folder}/wraps.ts`]: [
    [
      'wrap-of-another-secret',
      'EPO2',
      'secret.length === 32 && deriveEpochKeys(secret, space).epoch === epoch ? secret : null',
      'secret',
    ],
    [
      'wraps-of-other-recipients',
      'EPO3',
      'expected.size === wraps.length && wraps.every(({ tag }) => expected.has(toHex(tag)))',
      'true',
    ],
  ],
  [`${folder}/archive.ts`]: [
    [
      'archive-key-without-its-id',
      'EPO7',
      'key !== null && archiveIdOf(key, part.space) === part.archive.id',
      'key !== null',
    ],
    [
      'earlier-archive-without-its-id',
      'EPO7',
      'predecessor === null || archiveIdOf(predecessor, space) !== entry.archive',
      'predecessor === null',
    ],
    [
      'content-without-its-commitment',
      'EPO7',
      'if (epochIdOf(commitments, space) !== entry.epoch) return false',
      '',
    ],
  ],
  [`${folder}/cuts.ts`]: [
    ['cut-while-a-device-is-in', 'EPO11', 'if (!isDeviceOut(state, device, space)) return null', ''],
    [
      'the-lowest-cut-holds',
      'EPO11',
      'Math.max(...named.map((cut) => cut.sequence))',
      'Math.min(...named.map((cut) => cut.sequence))',
    ],
    ['own-devices-are-cut', 'EPO11', 'if (device.member === member && !own) continue', ''],
    ['cut-is-named-again', 'EPO11', '(known !== null && (last?.sequence ?? 0) <= known)', 'false'],
    [
      'quarantined-are-cut',
      'EPO11',
      "state.members.get(device.member)?.status === 'out'",
      "state.members.get(device.member)?.status !== 'in'",
    ],
  ],
  [`${folder}/reach.ts`]: [
    [
      'invitation-keys-are-forgotten',
      'EPO12',
      'return invite !== null && epoch.named.has(`invite:${invite}`)',
      'return false',
    ],
    ['everything-is-in-reach', 'EPO12', '!isMeantFor(state, epoch, device)) keys.add', 'false) keys.add'],
  ],
  [`${folder}/rotation-due.ts`]: [
    ['no-safe-epoch-is-fine', 'EPO9 ROS16', "if (safe.length === 0) return 'no-safe-epoch'", ''],
    [
      'left-out-is-fine',
      'EPO9',
      "if (!safe.some((epoch) => isSubset(holders, epoch.named))) return 'left-out'",
      '',
    ],
    ['unsettled-is-fine', 'EPO9 ROS7', "return 'settle-join'", 'void 0'],
    ['epochs-last-for-ever', 'EPO9', "if (now - use.epochStartedAt >= epochLifetimeMs) return 'age'", ''],
    [
      'records-without-end',
      'EPO9',
      "return use.recordsSinceRotation >= epochRecordLimit ? 'records' : null",
      'return null',
    ],
    ['all-rotate-at-once', 'EPO9', 'turnMs[cause] * placeInLine(log, me, space)', '0'],
  ],
  [`${folder}/rotation-codec.ts`]: [
    [
      'sets-in-any-order',
      'OPS7 VEC2',
      'if (before !== undefined && compareBytes(key(before), key(item)) >= 0) {',
      'if (false) {',
    ],
    [
      'cut-of-nothing',
      'EPO11 VEC2',
      "if ((cut.sequence === 0) !== (cut.record === null)) throw new CliqueError('operation-format')",
      '',
    ],
  ],
  [`${folder}/control-item.ts`]: [
    [
      'items-of-any-size',
      'ITM1',
      "if (bytes.length > maxItemSize) throw new CliqueError('item-size')\n  return bytes",
      'return bytes',
    ],
    [
      'seal-without-its-head',
      'ITM2',
      'concat(labelToBytes(labels.controlSeal), encode(headToValue(item)))',
      'labelToBytes(labels.controlSeal)',
    ],
    [
      'lengths-tell-types',
      'ITM1',
      'sealBytes(controlKey, pad(envelope), sealContext(item), random)',
      'sealBytes(controlKey, envelope, sealContext(item), random)',
    ],
  ],
})
