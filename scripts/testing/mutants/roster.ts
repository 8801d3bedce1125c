import { mutantsOf } from './mutant.ts'

const folder = 'crypto/src/roster'

/** What a set of operations amounts to. */
export const rosterMutants = mutantsOf({
  [`${folder}/facts.ts`]: [
    [
      'chain-has-no-strength',
      'ROS12 ROS6',
      'rests.reduce((most, rest) => moreJunior(most, rest.strength), rank)',
      'rank',
    ],
    [
      'no-removal-is-senior',
      'ROS12',
      'isSenior: target !== undefined && isStrictlySenior(strength, target.rankByLink)',
      'isSenior: false',
    ],
    [
      'promotions-take-away',
      'ROS12 ROS17',
      'target !== undefined && reaches(target.role, body.role) ? body.role : null',
      'null',
    ],
  ],
  [`${folder}/rank.ts`]: [
    ['no-admin-needed-to-be-above', 'ROS11', 'isAdmin(member.role) &&\n', ''],
    ['juniors-are-above', 'ROS11', 'compareRanks(member.rank, target.rankByLink) < 0 &&', 'true &&'],
    [
      'above-whom-a-junior-confirmed',
      'ROS14',
      'compareRanks(member.rank, target.rankByLink)',
      'compareRanks(member.rank, target.rank)',
    ],
    ['lesser-roles-are-above', 'ROS11 ROS17', '&&\n    reaches(member.role, target.role)', ''],
    [
      'rank-of-the-inviter',
      'ROS3',
      'return [...admission.rank, admission.operation.sequence ?? 0]',
      'return admission.rank',
    ],
  ],
  [`${folder}/ends.ts`]: [
    ['every-removal-is-strong', 'ROS12', '(removal.isCountersigned || removal.isSenior) &&', 'true &&'],
    ['countersigned-is-weak', 'ROS13', '(removal.isCountersigned || removal.isSenior)', 'removal.isSenior'],
    [
      'forked-removals-are-strong',
      'ROS12',
      '(node) => this.#isOfForked(node) || restsOnForked(node.rests, removal.after),',
      '() => false,',
    ],
    ['devices-of-a-copy-are-strong', 'ROS12', 'isAdding(rest) && this.#isOfForked(rest)', 'false'],
    [
      'strong-in-its-own-past',
      'ROS12 ROS2',
      '![found, ...found.signatures].some(({ rests }) => restsOnForked(rests, past))',
      'true',
      'crypto/src/roster/kept-histories.test.ts',
    ],
    [
      'what-a-removal-knew-falls',
      'ROS12 ROS2',
      'removal !== node && !hasBit(removal.past, node.index)',
      'removal !== node',
    ],
    [
      'leaving-ends-nothing-beside',
      'ROS16 ROS14',
      "if (body.type === 'leave') this.#endMember(node.member, node)",
      '',
    ],
    [
      'old-links-of-the-inviter',
      'ROS14',
      '[...this.outsideOf(join, invite.member, invite.device), ...ofTakers]',
      'ofTakers',
    ],
    [
      'old-links-of-takers',
      'ROS14',
      '[...this.outsideOf(join, invite.member, invite.device), ...ofTakers]',
      'this.outsideOf(join, invite.member, invite.device)',
    ],
    [
      'stepping-down-gives-up-nothing',
      'ROS17',
      '...this.#demotionsBeside(node).filter((end) => end.member === node.member),',
      '',
    ],
    ['leaving-gives-up-nothing', 'ROS16', '...[...leaves, ', '...['],
    ['a-lost-device-gives-up-nothing', 'ROS15', ', ...this.#dropsOutside(node)]', ']'],
    ['anybody-steps-down-for-somebody', 'ROS12 ROS17', '.filter((end) => end.member === node.member)', ''],
    ['ends-that-fell-before-take', 'ROS2 ROS16', '.filter((end) => !hasBit(node.past, end.index)),', ','],
    ['leaving-is-given-up', 'ROS16', "if (node.operation.type === 'leave') return []", ''],
    [
      'what-a-lost-device-added-stays',
      'ROS15',
      ', ...adding.flatMap((rest) => this.#dropsOutside(rest))',
      '',
    ],
    ['who-handed-on-had-known', 'ROS15', '.every((end) => hasBit(past, end.index))', '.length >= 0'],
    ['an-added-device-is-a-grant', 'ROS17', 'isGrant(rest) && (', '('],
    ['demotions-take-all', 'ROS12', '!reaches(demotion.demotesTo, needs) &&', ''],
    [
      'demotions-take-nothing',
      'ROS12',
      "if (body.type === 'set-role' && node.demotesTo !== null) push(this.#demotions, body.member, node)",
      '',
    ],
    [
      'forks-end-one-later',
      'ROS8',
      '(node.operation.sequence ?? 0) >= fork.sequence',
      '(node.operation.sequence ?? 0) > fork.sequence',
    ],
    ['forked-removals-end', 'ROS8', "    case 'remove-member':\n", ''],
  ],
  [`${folder}/winners.ts`]: [
    ['the-greater-role-holds', 'ROS17', 'roleIn(b) - roleIn(a) ||', 'roleIn(a) - roleIn(b) ||'],
    ['weak-authority-holds', 'ROS7 ROS17', 'compareRanks(a.strength, b.strength) ||', ''],
    [
      'older-settings-hold',
      'ROS2 ROS17',
      'group.filter((node) => !group.some((other) => hasBit(other.past, node.index)))',
      'group',
    ],
  ],
  [`${folder}/standing.ts`]: [
    [
      'link-outlives-its-maker',
      'ROS14',
      "if (invitation.status !== 'open' || !isIn(state, invitation.device)) return false",
      "if (invitation.status !== 'open') return false",
    ],
    [
      'link-outlives-a-taker',
      'ROS14',
      'return invitation.used === 0 || !spoiledInvitations(state).has(invitation.id)',
      'return true',
    ],
    ['what-has-no-effect-was-made-by-nobody', 'EPO6', 'device = maker', 'device = null'],
    [
      'what-is-said-for-oneself-ends-a-link',
      'EPO6 ROS16',
      'all.filter((end) => !alone.includes(end))',
      'all',
    ],
  ],
  [`${folder}/draft.ts`]: [
    ['what-comes-too-early-is-lost', 'ROS22', 'for (const change of waiting) change()', ''],
    ['anybody-drops-a-device-of-two', 'ROS22', 'member === author.member ?', 'true ?'],
    ['weak-removal-bars', 'ROS12', 'isBarred: member.isBarred || isStrong,', 'isBarred: true,'],
    ['removal-bars-nobody', 'ROS11 ROS16', 'isBarred: member.isBarred || isStrong,', 'isBarred: false,'],
    ['fallen-device-is-in', 'ROS15 ROS8', "status: counts ? 'in' : 'out',", "status: 'in',"],
    [
      'used-up-link-stays-open',
      'INV3 INV5',
      "if (used === invitation.uses) this.#endInvitation(invitation.id, 'used')",
      '',
    ],
    [
      'confirming-admits-who-is-out',
      'ROS11 ROS14',
      "status: member.status === 'quarantined' ? 'in' : member.status,",
      "status: 'in',",
    ],
    [
      'confirmed-above-who-confirms',
      'ROS14',
      'isStrictlySenior(author.rank, member.rankByLink)\n            ? member',
      'true\n            ? member',
    ],
    [
      'confirmed-by-a-senior-and-lowered',
      'ROS14',
      'isStrictlySenior(author.rank, member.rankByLink)\n            ? member',
      'false\n            ? member',
    ],
  ],
  [`${folder}/graph.ts`]: [
    [
      'epochs-side-by-side',
      'ROS9',
      "if (headsOf(past).length > most) return { kind: 'refused', code: 'operation-parents' }",
      '',
    ],
    [
      'operations-of-another-clique',
      'OPS5',
      "if (cliqueOf(operation) !== this.clique) return { kind: 'refused', code: 'operation-wrong-clique' }",
      '',
    ],
    ['author-is-no-holder', 'EPO6', 'device === null || recipients.has(`device:${device}`)', 'true'],
    [
      'forks-are-not-shown',
      'ROS8',
      'for (const fork of counting.forks.values()) draft.fork(fork.device, fork.sequence, proofOf(fork))',
      '',
    ],
    [
      'what-was-brought-twice-is-brought-twice',
      'ROS22',
      'if (counting.isSecond(node)) draft',
      'if (false) draft',
    ],
    [
      'what-a-demotion-undid-is-forgotten',
      'EPO6',
      "draft.demote(node.member, end.operation.id, 'undoneBy')",
      'void end',
    ],
    ['fallen-cuts-count', 'EPO11', 'if (counts) draft.addCuts(', 'draft.addCuts('],
    [
      'fallen-epochs-count',
      'EPO6 EPO4',
      'draft.addEpoch(node.epoch, counts)',
      'draft.addEpoch(node.epoch, true)',
    ],
  ],
  [`${folder}/window.ts`]: [
    [
      'takers-outside-the-window',
      'ROS2',
      'if (known !== undefined && known.used > 0 && known.used + count > known.uses) return false',
      '',
    ],
  ],
})
