// The WebRTC connections of one call: to each other page of its conference.
// The network's frames say whom to connect to, who makes the offer, and whether
// that page may hear our microphone (a held, muted or coaching participant).

export class Peers {
  #send;
  #meter;
  #links = new Map();
  #microphone = null;
  #muted = false;
  #work = Promise.resolve();

  /**
   * @param send takes a frame for the network: `{type: "signal", call, peer, data}`
   * @param meter measures what is heard
   */
  constructor(send, meter) {
    this.#send = send;
    this.#meter = meter;
  }

  setMicrophone(stream) {
    this.#microphone = stream?.getAudioTracks()[0] ?? null;
    for (const link of this.#links.values()) this.#apply(link);
  }

  setMuted(muted) {
    this.#muted = muted;
    for (const link of this.#links.values()) this.#apply(link);
  }

  /** Takes a frame; false when it is none of ours. Frames are worked through in order. */
  take(frame) {
    const acts = {
      peer: () => this.#connect(frame),
      peer_gone: () => this.#drop(frame.peer),
      signal: () => this.#signal(frame),
    };
    const act = acts[frame.type];
    if (!act) return false;
    // A failed negotiation must not stop those that follow it.
    this.#work = this.#work.then(act).catch(() => this.#drop(frame.peer));
    return true;
  }

  /** How many of the connections carry sound both ways now. */
  get connected() {
    return [...this.#links.values()].filter((link) => link.pc.connectionState === 'connected')
      .length;
  }

  close() {
    for (const peer of [...this.#links.keys()]) this.#drop(peer);
  }

  async #connect({ call, peer, offer, send }) {
    const known = this.#links.get(peer);
    if (known) {
      known.send = send;
      await this.#apply(known);
      return;
    }
    const pc = new RTCPeerConnection();
    const link = { pc, call, peer, offer, send, sender: null, audio: null, early: [] };
    this.#links.set(peer, link);
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate) this.#tell(link, { candidate: candidate.toJSON() });
    });
    pc.addEventListener('track', ({ track, streams }) => {
      this.#play(link, streams[0] ?? new MediaStream([track]));
    });
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'failed' && offer) {
        pc.restartIce();
        this.#work = this.#work.then(() => this.#offer(link)).catch(() => this.#drop(peer));
      }
    });
    if (offer) {
      link.sender = pc.addTransceiver('audio', { direction: 'sendrecv' }).sender;
      await this.#apply(link);
      await this.#offer(link);
    }
  }

  async #offer(link) {
    await link.pc.setLocalDescription(await link.pc.createOffer());
    this.#tell(link, { description: link.pc.localDescription.toJSON() });
  }

  async #signal({ peer, data }) {
    const link = this.#links.get(peer);
    if (!link || !data) return;
    if (data.candidate) {
      if (link.pc.remoteDescription) await link.pc.addIceCandidate(data.candidate);
      else link.early.push(data.candidate);
      return;
    }
    await link.pc.setRemoteDescription(data.description);
    for (const candidate of link.early.splice(0)) await link.pc.addIceCandidate(candidate);
    if (data.description.type !== 'offer') return;
    const [transceiver] = link.pc.getTransceivers();
    transceiver.direction = 'sendrecv';
    link.sender = transceiver.sender;
    await this.#apply(link);
    await link.pc.setLocalDescription(await link.pc.createAnswer());
    this.#tell(link, { description: link.pc.localDescription.toJSON() });
  }

  async #apply(link) {
    const track = link.send && !this.#muted ? this.#microphone : null;
    if (link.sender && link.sender.track !== track) await link.sender.replaceTrack(track);
  }

  #play(link, stream) {
    // Sound reaches the meter only while an element plays the stream as well.
    link.audio ??= new Audio();
    link.audio.autoplay = true;
    link.audio.srcObject = stream;
    this.#meter.add(link.peer, stream);
  }

  #drop(peer) {
    const link = this.#links.get(peer);
    if (!link) return;
    this.#links.delete(peer);
    this.#meter.remove(peer);
    if (link.audio) link.audio.srcObject = null;
    link.pc.close();
  }

  #tell(link, data) {
    this.#send({ type: 'signal', call: link.call, peer: link.peer, data });
  }
}

/** Asks for the microphone; null when there is none or the person says no. */
export async function askMicrophone() {
  if (!navigator.mediaDevices) return null; // neither localhost nor TLS
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch {
    return null;
  }
}
