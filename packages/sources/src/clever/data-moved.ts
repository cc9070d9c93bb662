/** What was read so far does not go with what follows: the pull has to begin anew. Never leaves the source. */
export class DataMoved extends Error {
  override readonly name = 'DataMoved';
}
