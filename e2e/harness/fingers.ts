import type { CDPSession, Page } from '@playwright/test'

interface Place {
  readonly x: number
  readonly y: number
}

/** Fingers on a screen, as the browser itself gets them: it decides what is a scroll, a pinch or the page's own affair. */
export class Fingers {
  readonly #session: CDPSession

  private constructor(session: CDPSession) {
    this.#session = session
  }

  static async on(page: Page): Promise<Fingers> {
    return new Fingers(await page.context().newCDPSession(page))
  }

  /** Each finger along a way of its own, all at once. */
  async move(...ways: readonly (readonly [from: Place, to: Place])[]): Promise<void> {
    const steps = 8
    const at = (step: number): { x: number; y: number; id: number }[] =>
      ways.map(([from, to], id) => ({
        id,
        x: from.x + ((to.x - from.x) * step) / steps,
        y: from.y + ((to.y - from.y) * step) / steps,
      }))
    const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: ReturnType<typeof at>) =>
      this.#session.send('Input.dispatchTouchEvent', { type, touchPoints })
    await send('touchStart', at(0))
    for (let step = 1; step <= steps; step++) await send('touchMove', at(step))
    await send('touchEnd', [])
  }
}
