"use strict";

const STATES = {
  waiting: "waiting for the first picture",
  running: "running",
  finished: "the run has ended",
  stopped: "the run was stopped",
  failed: "the run has failed",
  lost: "no answer: the program has ended",
};

const element = (id) => document.getElementById(id);

function showState(state) {
  element("state").textContent = STATES[state];
  element("state").className = state;
  document.title = `${STATES[state]} – graphkit preview`;
}

function showNumbers(numbers) {
  showState(numbers.state);
  element("fps").textContent = numbers.fps.toFixed(1);
  element("frames").textContent = numbers.frames;
  element("dropped").textContent = numbers.dropped;
  element("seconds").textContent = numbers.seconds.toFixed(1);
  element("message").textContent = numbers.message;
}

const events = new EventSource("numbers");
let lost = false;
events.onmessage = (event) => {
  const numbers = JSON.parse(event.data);
  showNumbers(numbers);
  if (numbers.over) {
    events.close();
  }
};
events.onerror = () => {
  lost = true;
  showState("lost");
};
// The browser asks for events again and again, but not for pictures; another run may answer at the same place.
events.onopen = () => {
  if (lost) {
    lost = false;
    element("picture").src = `pictures?${Date.now()}`;
  }
};
