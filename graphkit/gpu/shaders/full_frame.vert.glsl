// One triangle that covers the frame; no vertex buffer. Row 0 of the picture is at y = -1: nothing flips.
out vec2 sample_coordinate;

void main() {
    vec2 corner = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);
    sample_coordinate = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
