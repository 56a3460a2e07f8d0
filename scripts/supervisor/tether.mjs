// Loaded before every process of a show. The supervisor holds the other end of the channel: when it is gone, however
// it went, this process is asked to stop, and after ten seconds it is ended.
if (process.channel) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), 10_000).unref();
  });
  // Listening must not keep a process alive that has nothing left to do.
  process.channel.unref();
}
