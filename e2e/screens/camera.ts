import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { root } from '../../scripts/run.ts'

export const sizes = [
  { width: 360, height: 740 },
  { width: 820, height: 1180 },
  { width: 1440, height: 900 },
] as const

const looks = ['light', 'dark'] as const
const languages = ['en', 'es'] as const

type Size = (typeof sizes)[number]

export interface Wishes {
  /** Brings the page into the state, again at every size: where the layout changes, what was open may be gone. */
  readonly set?: (size: Size) => Promise<void>
  /** The page as long as it is, not only what fits on the screen. */
  readonly whole?: boolean
  /** Only in the language that the page has: it was opened in that one, and shows no choice. */
  readonly fixed?: string
}

/** Where they lie; git ignores it. */
export const folder = join(root, 'test-results/screens')

/** Takes every picture at every size, in light and dark and in every language. */
export class Camera {
  async take(page: Page, name: string, { set, whole = false, fixed }: Wishes = {}): Promise<void> {
    const before = page.viewportSize()
    for (const size of sizes) {
      await page.setViewportSize(size)
      await set?.(size)
      for (const language of fixed === undefined ? languages : [fixed]) {
        if (fixed === undefined) await speak(page, language)
        if (whole) await stretch(page, size)
        for (const look of looks) {
          // Half-way through a movement nothing can be judged.
          await page.emulateMedia({ colorScheme: look, reducedMotion: 'reduce' })
          const path = join(folder, `${name}.${size.width}.${language}.${look}.png`)
          await page.screenshot({ path, caret: 'initial' })
        }
        if (whole) await page.setViewportSize(size)
      }
      if (fixed === undefined) await speak(page, 'en')
    }
    await page.emulateMedia({ colorScheme: null, reducedMotion: null })
    if (before !== null) await page.setViewportSize(before)
  }
}

/** What is painted may grow with the screen, so it takes some steps until nothing is hidden. */
async function stretch(page: Page, size: Size): Promise<void> {
  let { height } = size
  for (let step = 0; step < 4; step++) {
    const missing = await page.evaluate(hidden)
    if (missing === 0) return
    height += missing
    await page.setViewportSize({ ...size, height })
  }
}

/** As if the language had been chosen in another window of the same browser, again until this one listens. */
async function speak(page: Page, language: string): Promise<void> {
  await page.waitForFunction(
    (code) => {
      if (document.documentElement.lang === code) return true
      localStorage.setItem('clique.language', code)
      dispatchEvent(new StorageEvent('storage', { key: 'clique.language', newValue: code }))
      return false
    },
    language,
    { polling: 100 },
  )
}

/** Runs in the page: pixels of it that its scrolling part hides. */
function hidden(): number {
  const part =
    document.querySelector('dialog [class*=content]') ?? document.querySelector('main[class*=page]')
  if (part === null) return 0
  const missing = part.scrollHeight - part.clientHeight
  // A dialog takes no more than a share of the screen.
  return part.closest('dialog') === null ? missing : Math.ceil(missing * 1.3)
}
