import { mutantsOf } from './mutant.ts'

/** Checks of rules that the other parts leave alone: acknowledged branches, audiences, sizes, frames, what found no room. */
export const furtherMutants = mutantsOf({
  ['crypto/src/chain.ts']: [
    ['contradicting-words-count', 'CHN6', 'if (other !== undefined && other.id !== at.id) break', ''],
    ['ways-with-holes-count', 'CHN6', 'if (isWhole) for (const link of way)', 'for (const link of way)'],
    [
      'what-it-stands-on-is-lost',
      'CHN6',
      'if (other === undefined && at.sequence >= forkedAt) way.push(at)',
      'if (other === undefined && at.sequence >= forkedAt && at.id === id) way.push(at)',
    ],
  ],
  ['crypto/src/padding.ts']: [
    ['short-ones-stay-short', 'PAD1', 'if (size <= minimumPaddedSize) return minimumPaddedSize\n', ''],
    ['sizes-are-not-rounded', 'PAD1', 'return Math.ceil(size / step) * step', 'return size'],
  ],
  ['crypto/src/roster/audiences.ts']: [
    ['taken-out-lets-in', 'ROS21', 'isPlaceEndOutsideOf(end, node) &&', 'false &&'],
    [
      'out-of-a-space-takes-out-others',
      'ROS21',
      ' &&\n          !(end.member === node.member && this.#counting.isVouched(node, end))',
      '',
    ],
    ['let-in-by-such-lets-in', 'ROS21', 'node.rests.some((rest) => this.#isUnplaced(rest))', 'false'],
  ],
  ['crypto/src/roster/counting.ts']: [
    ['taken-out-by-a-senior-and-dated-back', 'ROS21', '...this.#ends.placeEndsOutsideOf(node),', ''],
  ],
  ['relay/src/storage/sqlite-tenants.ts']: [
    [
      'former-admins-renew',
      'TN7 ST14',
      'tenant === undefined || this.findAdmin(by)?.id !== id',
      'tenant === undefined',
    ],
    [
      'former-admins-retire',
      'TN7 ST14',
      'const tenant = this.findAdmin(by)\n',
      'const tenant = this.findTenant(id)\n',
    ],
    [
      'capability-of-one-tenant-alone',
      'TN9 ST16',
      "'SELECT generation FROM capabilities WHERE tenant = ? AND key = ?', no, key)",
      "'SELECT generation FROM capabilities WHERE key = ?', key)",
    ],
    [
      'capability-of-whoever-has-it',
      'TN9 ST16',
      "WHERE mailboxes.id = ? AND mailboxes.kind = 'control' AND capabilities.key = ?`",
      "WHERE ? <> '' AND mailboxes.kind = 'control' AND capabilities.key = ?`",
    ],
    ['tenant-by-any-mailbox', 'TN9 ST16', "mailboxes.kind = 'control' AND ", ''],
  ],
  ['crypto/src/roster/space-codec.ts']: [
    ['nobody-in-or-out', 'OPS7', 'add.length + remove.length === 0 ||', ''],
    ['in-and-out-at-once', 'OPS7', '|| add.some((member) => remove.includes(member))', ''],
  ],
  ['client/src/documents/wrap-faults.ts']: [
    [
      'stray-wraps-without-bound',
      'DTY6',
      'stray.slice(0, Math.max(0, stray.length - maxStrayWraps))',
      'stray.slice(0, 0)',
    ],
    [
      'mended-is-remembered',
      'DTY6',
      '(epoch) => keyring.epochs.get(epoch)?.contentRoot == null,',
      '() => true,',
    ],
  ],
  ['client/src/sync/mailbox-reader.ts']: [
    [
      'what-found-no-room-is-passed-over',
      'MS4 MS8',
      'if (left > 0) this.#again = this.#space === null ? 0 : (this.#again ?? from)',
      '',
    ],
  ],
  ['relay/protocol/frames.ts']: [
    ['frames-of-any-size', 'F2', "if (length > this.#maxFrame) throw new CliqueError('frame-too-large')", ''],
  ],
  ['relay/src/storage/file-chunks.ts']: [
    [
      'shares-without-bound',
      'CS3',
      "if (this.#index.used(tenant) + reserved + size > shareLimit) throw new CliqueError('relay-quota')",
      '',
    ],
    [
      'disk-without-bound',
      'CS3',
      "if (this.#total + size > this.#maxBytes) throw new CliqueError('relay-storage-full')",
      '',
    ],
  ],
})
