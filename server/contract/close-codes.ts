/**
 * Why a websocket was closed. 4000–4499 mean "come back", 4500–4999 "stay away"; 1012 (service restart) and
 * 1013 (try again later) as registered with IANA.
 */
export const closeCodes = {
  'service-restart': 1012,
  'reader-too-slow': 1013,
  'heartbeat-missed': 4000,
  'resync-required': 4001,
  'signed-out': 4500,
  banned: 4501,
  'protocol-error': 4502,
  'too-many-sockets': 4503,
} as const;
export type CloseReason = keyof typeof closeCodes;

/** Whether a client should open a new socket after this code; codes of the network (1001, 1006 …) say yes. */
export const shouldComeBack = (code: number): boolean => code < 4500;
