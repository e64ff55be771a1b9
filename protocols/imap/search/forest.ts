/** A node among those of its path to the root that were last walked: a splay tree by depth. */
interface Place<T> {
  readonly value: T
  /** Above it in the splay tree; of its root, where the path goes on. */
  up: Place<T> | undefined
  left: Place<T> | undefined
  right: Place<T> | undefined
}

/**
 * Trees that grow and are cut, of which the root above any node is found in logarithmic time, however deep they are:
 * link-cut trees (Sleator and Tarjan 1983). Otherwise a few thousand forged letters would take minutes.
 */
export class Forest<T> {
  readonly #places = new Map<T, Place<T>>()

  rootOf(value: T): T {
    let root = this.#walked(value)
    while (root.left !== undefined) root = root.left
    splay(root)
    return root.value
  }

  /** @param child  a root, of another tree than the parent */
  link(parent: T, child: T): void {
    const below = this.#walked(child)
    below.up = this.#walked(parent)
  }

  /** @param child  has a parent */
  cut(child: T): void {
    const below = this.#walked(child)
    if (below.left !== undefined) below.left.up = undefined
    below.left = undefined
  }

  /** Makes the path from the root down to a node one splay tree, with the node at its top. */
  #walked(value: T): Place<T> {
    let place = this.#places.get(value)
    if (place === undefined) {
      place = { value, up: undefined, left: undefined, right: undefined }
      this.#places.set(value, place)
    }
    let below: Place<T> | undefined
    for (let at: Place<T> | undefined = place; at !== undefined; at = at.up) {
      splay(at)
      at.right = below
      below = at
    }
    splay(place)
    return place
  }
}

const isTop = <T>(place: Place<T>): boolean =>
  place.up === undefined || (place.up.left !== place && place.up.right !== place)

function splay<T>(place: Place<T>): void {
  while (!isTop(place)) {
    const up = place.up as Place<T>
    if (!isTop(up)) rotate((up.left === place) === (up.up?.left === up) ? up : place)
    rotate(place)
  }
}

/** Puts a node in the place of the one above it. */
function rotate<T>(place: Place<T>): void {
  const up = place.up as Place<T>
  const top = up.up
  if (!isTop(up)) {
    if (top?.left === up) top.left = place
    else if (top !== undefined) top.right = place
  }
  const isLeft = up.left === place
  const inner = isLeft ? place.right : place.left
  if (isLeft) {
    up.left = inner
    place.right = up
  } else {
    up.right = inner
    place.left = up
  }
  if (inner !== undefined) inner.up = up
  up.up = place
  place.up = top
}
