// Orders as classes. An order lists places: where the first frame in time stands, where the second, and so on. Its reverse
// sorts the same frames backwards in time; the two are one class, for most motion looks as likely either way.

/** The n! / 2 orders that are lexicographically smaller than their reverses, in lexicographic order. A class is a place here. */
export function listOrders(numFrames: number): readonly (readonly number[])[] {
  const orders: number[][] = [];
  const extend = (order: readonly number[]): void => {
    if (order.length === numFrames) {
      if (order[0]! < order.at(-1)!) orders.push([...order]);
      return;
    }
    for (let next = 0; next < numFrames; next++) {
      if (!order.includes(next)) extend([...order, next]);
    }
  };
  extend([]);
  return orders;
}

/** The class of an order, given what `listOrders` returned for its length. */
export function classOf(order: ArrayLike<number>, orders: readonly (readonly number[])[]): number {
  const forward = Array.from(order);
  const canonical = forward[0]! < forward.at(-1)! ? forward : forward.reverse();
  return orders.findIndex((candidate) => candidate.every((place, i) => place === canonical[i]));
}
