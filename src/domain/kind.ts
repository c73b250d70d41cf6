// What sort of release it is. Apart from its schema, which a Worker that only answers readers does not load.

export const kinds = ['press-release', 'statement', 'speech', 'advisory'] as const
export type Kind = (typeof kinds)[number]
