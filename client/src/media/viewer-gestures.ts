/** Pixels from the middle of the screen. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** How a picture lies on the screen: enlarged from its fitting size, and moved from the middle. */
export interface Lie extends Point {
  readonly scale: number
}

export const atRest: Lie = { scale: 1, x: 0, y: 0 }
export const maxScale = 6
/** What a key, a button or two taps enlarge by. */
export const zoomStep = 2

/** Part of the screen's width or height that a finger has to cover, or pixels per millisecond that it has to make. */
const swipeShare = 0.25
const flickSpeed = 0.45
/** A shorter way than this is a trembling finger, however fast. */
const shortestFlick = 24

/** Enlarged by `factor`, while what lies under `point` stays there. */
export function zoomAt(lie: Lie, factor: number, point: Point): Lie {
  const scale = Math.min(maxScale, Math.max(1, lie.scale * factor))
  const grown = scale / lie.scale
  return { scale, x: point.x - (point.x - lie.x) * grown, y: point.y - (point.y - lie.y) * grown }
}

/** Two fingers: they enlarge by how far they part, and carry the picture with their middle. */
export function pinch(lie: Lie, before: readonly [Point, Point], after: readonly [Point, Point]): Lie {
  const [from, to] = [middleOf(before), middleOf(after)]
  const apart = distanceOf(before)
  const zoomed = zoomAt(lie, apart === 0 ? 1 : distanceOf(after) / apart, from)
  return { ...zoomed, x: zoomed.x + to.x - from.x, y: zoomed.y + to.y - from.y }
}

/** No further out of the screen than its edges. `fitted`: the picture's size on screen before it is enlarged. */
export function keepInside(lie: Lie, fitted: Size, screen: Size): Lie {
  const room = (picture: number, edge: number) => Math.max(0, (picture * lie.scale - edge) / 2)
  const [right, down] = [room(fitted.width, screen.width), room(fitted.height, screen.height)]
  return { scale: lie.scale, x: clamp(lie.x, right), y: clamp(lie.y, down) }
}

export type Swipe = 'left' | 'right' | 'down'

/** What a finger meant that has moved by `way` in `ms` milliseconds; null for nothing. */
export function swipeOf(way: Point, ms: number, screen: Size): Swipe | null {
  const isSideways = Math.abs(way.x) >= Math.abs(way.y)
  const length = isSideways ? Math.abs(way.x) : way.y
  const share = length / (isSideways ? screen.width : screen.height)
  const isMeant = share > swipeShare || (length > shortestFlick && length / Math.max(1, ms) > flickSpeed)
  if (!isMeant) return null
  return isSideways ? (way.x < 0 ? 'left' : 'right') : 'down'
}

export function fitInto(picture: Size, screen: Size): Size {
  const scale = Math.min(screen.width / picture.width, screen.height / picture.height)
  return { width: picture.width * scale, height: picture.height * scale }
}

function middleOf([a, b]: readonly [Point, Point]): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}

function distanceOf([a, b]: readonly [Point, Point]): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function clamp(value: number, bound: number): number {
  return Math.min(bound, Math.max(0 - bound, value))
}
