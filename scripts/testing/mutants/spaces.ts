import { mutantsOf } from './mutant.ts'

const roster = 'crypto/src/roster'

/** Spaces with a smaller audience; acknowledgements; word to whoever was removed; KEM keys that are retired. */
export const spaceMutants = mutantsOf({
  [`${roster}/space-rights.ts`]: [
    ['readers-create-spaces', 'ROS19 VEC2', "if (member.role === 'reader') return 'not-allowed'", ''],
    [
      'space-under-any-name',
      'ROS19 VEC2',
      "if (body.space !== spaceIdOf(change, body)) return 'space-id'",
      '',
    ],
    [
      'spaces-without-bound',
      'ROS19 VEC2',
      "if (inUse.length >= maxSpaces || own.length >= maxOwnSpaces) return 'too-many-spaces'",
      '',
    ],
    [
      'outsiders-set-the-audience',
      'ROS19 ROS20 VEC2',
      "!isInSpace(past, space.id, member.id)) return 'not-allowed'\n  const right",
      "false) return 'not-allowed'\n  const right",
    ],
    [
      'anybody-in-it-sets-the-audience',
      'ROS19 ROS20 VEC2',
      "|| !(isCreator || isAdmin(member.role))) return 'not-allowed'",
      ") return 'not-allowed'",
    ],
    [
      'audience-of-who-is-out',
      'ROS19 ROS20 VEC2',
      "if (status !== 'in') return status === undefined ? 'member-unknown' : 'member-out'",
      '',
    ],
    ['outsiders-rotate-a-space', 'ROS19 EPO13 VEC2', '|| !isInSpace(past, found.id, member.id))) {', ')) {'],
  ],
  [`${roster}/act.ts`]: [['spaces-on-what-is-partly-known', 'EPO7', '!leadsToAll(log)', 'false']],
  [`${roster}/audiences.ts`]: [
    [
      'let-in-beside-being-taken-out',
      'ROS19 ROS20 EPO13',
      '!this.#endsOf(body.space, member).some(isBeside) &&',
      '',
    ],
  ],
  ['crypto/src/epochs/check-rotation.ts']: [
    [
      'parents-of-another-space',
      'EPO13 EPO5',
      "return part.parents.every(isHead) ? null : 'rotation-parents'",
      'return null',
    ],
  ],
  ['crypto/src/acknowledgements.ts']: [
    ['acknowledged-again', 'CHN11', 'behind(end) > 0 &&', ''],
    ['acknowledges-without-bound', 'CHN11', '.slice(0, maxAcknowledged)', ''],
    ['acknowledges-oneself', 'CHN11', '&& own !== theirs &&', '&&'],
    ['acknowledges-who-is-out', 'CHN11', '&& !isDeviceOut(state, other, space)', ''],
    [
      'own-devices-are-heard',
      'CHN12',
      'if (member === undefined || member.id === owner) return []',
      'if (member === undefined) return []',
    ],
    ['guests-are-heard-first', 'CHN12', 'Number(a.isGuest) - Number(b.isGuest) ||', ''],
    [
      'juniors-are-heard-first',
      'CHN12',
      'compareRanks(a.rank, b.rank) ||',
      'compareRanks(b.rank, a.rank) ||',
    ],
  ],
  [`${roster}/own-end.ts`]: [
    ['told-though-it-holds-the-epoch', 'ITM7', 'if (state.epochs.has(epoch)) return false', ''],
    [
      'told-under-any-number',
      'ITM7',
      "if (author.kind === 'device' && sequence !==",
      'if (false && sequence !==',
    ],
    ['told-under-a-number-to-come', 'ITM7', 'sequence !== (state.tips', '(sequence ?? 0) <= (state.tips'],
    ['told-for-ever', 'ITM7', '&& !isDenied(log, me, notice, isLate)', ''],
    ['denied-by-the-two', 'ITM7', '!parties.includes(graph.get(operation)?.member) &&', ''],
    ['told-about-another-device', 'ITM7', 'if (ended.id !== me) return false', ''],
    [
      'told-by-anybody',
      'ITM7',
      'return isAbove(by, target) || mayRemoveTogether(',
      'return true || mayRemoveTogether(',
    ],
    [
      'told-by-another-root',
      'ITM7',
      "if (author.kind === 'root') return author.id === member",
      "if (author.kind === 'root') return true",
    ],
    ['told-by-somebody-elses-device', 'ITM7', '&& state.devices.get(author.id)?.member === member', ''],
  ],
  ['crypto/src/epochs/end-notice.ts']: [
    [
      'numbers-of-roots',
      'ITM7',
      "if ((notice.author.kind === 'root') !== (notice.sequence === null))",
      'if (false)',
    ],
    ['word-nobody-signed', 'ITM7', "throw new CliqueError('signature-invalid')", 'void 0'],
    [
      'word-about-another-epoch',
      'ITM7',
      'notice.clique === clique && notice.epoch === epoch',
      'notice.clique === clique',
    ],
  ],
  [`${roster}/kem-keys.ts`]: [
    [
      'keys-retire-at-once',
      'KEM7',
      'return keys.slice(0, Math.min(...named))',
      'return keys.slice(0, Math.max(...named))',
    ],
    ['quarantined-are-not-waited-for', 'KEM7', "if (status !== 'out') for", "if (status === 'in') for"],
    [
      'links-are-not-waited-for',
      'KEM7',
      'for (const { operation } of openInvitations(state)) yield graph.stateAt([operation])',
      '',
    ],
  ],
})
