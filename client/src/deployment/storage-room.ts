/** How much room the browser says that it leaves to this app. */
export type StorageRoom = 'enough' | 'little' | 'unknown'

/** What a conversation with pictures may need in a few days, in bytes. */
const littleRoom = 100 * 1024 * 1024

/**
 * Of a small quota a tenth is little; of a large one, what is soon used up. Chromium names the same amount to everybody,
 * more than the device may have: there it shows only when something cannot be kept (`storage-full`).
 */
export function storageRoom(usedBytes: number | null, quotaBytes: number | null): StorageRoom {
  if (usedBytes === null || quotaBytes === null || quotaBytes <= 0) return 'unknown'
  return quotaBytes - usedBytes < Math.min(littleRoom, quotaBytes / 10) ? 'little' : 'enough'
}
