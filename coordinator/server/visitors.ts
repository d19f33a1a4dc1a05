// Who is connected by which token, so that one which opens a role no longer ends what it opened.

import { rolesOf, type Role, type Tokens } from './tokens.js';

export interface Visitor {
  readonly token: string;
  readonly role: Role;
  /** Ends the connection. */
  cut(): void;
}

export interface Visitors {
  /** Remembers a visitor; call what it returns when the visitor has gone. */
  add(visitor: Visitor): () => void;
  /** Cuts off everyone whose token does not open its role any more, and says how many they were. */
  judge(tokens: Tokens): number;
}

export function createVisitors(): Visitors {
  const present = new Set<Visitor>();
  return {
    add(visitor) {
      present.add(visitor);
      return () => void present.delete(visitor);
    },
    judge(tokens) {
      const revoked = [...present].filter(({ token, role }) => !rolesOf(token, tokens).has(role));
      for (const visitor of revoked) {
        present.delete(visitor);
        visitor.cut();
      }
      return revoked.length;
    },
  };
}
