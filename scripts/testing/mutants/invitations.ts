import { mutantsOf } from './mutant.ts'

const folder = 'crypto/src/invitations'

/** Links, packages, and whoever comes by them. */
export const invitationMutants = mutantsOf({
  [`${folder}/invitation-link.ts`]: [
    [
      'link-without-checksum',
      'INV1',
      "if (!equal(checksumOf(body), bytes.slice(-checksumSize))) throw new CliqueError('invite-link-broken')",
      '',
    ],
    ['link-of-any-kind', 'INV1', '|| readUint(kind) !== linkKind)', ')'],
    ['link-of-any-version', 'INV1', 'if (!isKnown || values.length < 5', 'if (values.length < 5'],
  ],
  [`${folder}/invitation-package.ts`]: [
    [
      'package-of-another-clique',
      'INV2',
      "if (expected !== undefined && contents.clique !== expected) throw new CliqueError('invite-wrong-clique')",
      '',
    ],
    [
      'package-without-padding',
      'INV2',
      'sealBytes(keys.packageKey, pad(plain), idToBytes(keys.invite), random)',
      'sealBytes(keys.packageKey, plain, idToBytes(keys.invite), random)',
    ],
  ],
  [`${folder}/join.ts`]: [
    ['comes-too-late-and-is-not-told', 'INV4', 'if (notice !== null) throw new CliqueError(notice)', ''],
    [
      'comes-by-an-ended-link',
      'INV4',
      "if (invitation.status !== 'open') throw new CliqueError(invitationEnd[invitation.status])",
      '',
    ],
    [
      'comes-by-an-expired-link',
      'INV4',
      "if (now > invitation.expiresAt) throw new CliqueError('invite-expired')",
      '',
    ],
    ['shown-something-else', 'INV6', '!isSamePreview(opened.preview, atStart)', 'false'],
    ['shown-what-was', 'INV6', '  return today\n', '  return opened.preview\n'],
  ],
  [`${folder}/preview.ts`]: [
    ['another-clique-is-named', 'INV6', 'a.cliqueName === b.cliqueName &&', ''],
    ['another-history-rule', 'INV6', 'a.history === b.history &&', ''],
    ['another-inviter', 'INV6', 'a.inviterName === b.inviterName &&', ''],
    ['another-role', 'INV6', 'a.role === b.role &&', ''],
    ['another-expiry', 'INV6', 'a.expiresAt === b.expiresAt', 'true'],
    ['another-accent', 'INV6', 'a.accent === b.accent &&', ''],
  ],
})
