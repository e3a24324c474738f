//! Trains the sentence models from labelled sentences: logistic regression by `AdaGrad` (Duchi et al. 2011) with shrinkage.

use super::sentence_model::{Features, Model};
use crate::learn::Random;

/// Passes over all sentences.
const EPOCHS: usize = 8;
const RATE: f32 = 0.1;
/// Shrinkage of the weights of figures and of n-grams.
const SHRINK: f32 = 3e-4;
const SHRINK_GRAMS: f32 = 3e-3;

/// A training example: features and degree of membership in the class, from 0 to 1.
#[derive(Debug, Clone)]
pub struct Sample {
    pub features: Features,
    /// Degree of membership.
    pub target: f32,
}

/// Updates a weight by one `AdaGrad` step.
fn step(weight: &mut f32, square: &mut f32, gradient: f32) {
    *square += gradient * gradient;
    *weight -= RATE * gradient / square.sqrt();
}

/// Trains one model; the same samples always give the same weights.
pub fn fit(samples: &[Sample]) -> Model {
    let mut model = Model::default();
    let mut squares = Model { bias: 1e-6, figures: vec![1e-6; model.figures.len()], buckets: vec![1e-6; model.buckets.len()] };
    let mut order: Vec<&Sample> = samples.iter().collect();
    let mut random = Random::new(1);
    for _ in 0..EPOCHS {
        random.shuffle(&mut order);
        for Sample { features, target } in &order {
            let error = model.probability(features) - target;
            step(&mut model.bias, &mut squares.bias, error);
            for ((weight, square), x) in model.figures.iter_mut().zip(&mut squares.figures).zip(&features.figures) {
                step(weight, square, error * x + SHRINK * *weight);
            }
            for bucket in features.grams.iter().map(|b| usize::from(*b)) {
                if let (Some(weight), Some(square)) = (model.buckets.get_mut(bucket), squares.buckets.get_mut(bucket)) {
                    step(weight, square, error * features.weight + SHRINK_GRAMS * *weight);
                }
            }
        }
    }
    model
}
