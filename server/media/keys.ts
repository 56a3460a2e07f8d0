/** One tag a room, so that its keys stay together on a cluster. */
export const mediaKeys = (roomId: string) => ({
  assignment: `media:{${roomId}}:node`,
  fence: `media:{${roomId}}:fence`,
});
