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
  element("views").hidden = !numbers.graph;
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

// -- the graph ----------------------------------------------------------------------------------------------

const boxes = new Map();
let nodes = null;

// The page allows no styles but those of its own files; what the drawing brings along is set one by one.
function adopted(drawing) {
  const svg = document.importNode(drawing.documentElement, true);
  for (const part of svg.querySelectorAll("[data-style]")) {
    part.style.cssText = part.dataset.style;
  }
  return svg;
}

async function loadGraph() {
  const answer = await fetch("graph.svg");
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  const svg = adopted(new DOMParser().parseFromString(await answer.text(), "image/svg+xml"));
  element("graph").replaceChildren(svg);
  boxes.clear();
  for (const box of svg.querySelectorAll("g.node")) {
    boxes.set(box.dataset.box.replace(/^node /, ""), box);
    box.classList.add("never");
    box.querySelector("text.detail").textContent = "";
  }
}

function heat(load) {
  const strength = Math.sqrt(Math.min(load / 100, 1));
  return `rgb(255, ${Math.round(255 - 120 * strength)}, ${Math.round(255 - 175 * strength)})`;
}

function told(node) {
  const words = [];
  if (node.called) {
    words.push(`${node.rate.toFixed(1)}/s`, node.ms < 0.1 ? `${(1000 * node.ms).toFixed(0)} us` : `${node.ms.toFixed(1)} ms`);
  }
  if (node.waiting) {
    words.push(`${node.waiting} wait`);
  }
  if (node.dropped) {
    words.push(`${node.dropped} lost`);
  }
  return words.join("  ");
}

function showNode(box, node) {
  box.classList.toggle("never", !node.called);
  box.classList.toggle("busy", node.load >= 10);
  box.classList.toggle("behind", node.waiting > 2);
  box.classList.toggle("dropping", node.dropped > 0);
  box.querySelector("rect").style.fill = heat(node.load);
  box.querySelector("text.detail").textContent = told(node);
}

function listenToNodes() {
  nodes = new EventSource("nodes");
  nodes.onmessage = (event) => {
    const message = JSON.parse(event.data);
    for (const [name, node] of Object.entries(message.nodes)) {
      const box = boxes.get(name);
      if (box) {
        showNode(box, node);
      }
    }
    if (message.over) {
      nodes.close();
    }
  };
}

async function showView(graph) {
  element("show-graph").setAttribute("aria-pressed", graph);
  element("show-picture").setAttribute("aria-pressed", !graph);
  element("graph").hidden = element("fit").hidden = !graph;
  element("picture").hidden = graph;
  if (nodes) {
    nodes.close();
    nodes = null;
  }
  if (graph) {
    try {
      await loadGraph();
      listenToNodes();
    } catch (error) {
      element("message").textContent = String(error);
    }
  }
}

element("show-graph").onclick = () => showView(true);
element("show-picture").onclick = () => showView(false);
element("fit").onclick = () => {
  element("fit").setAttribute("aria-pressed", element("graph").classList.toggle("whole"));
};
